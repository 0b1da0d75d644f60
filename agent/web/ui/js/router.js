// SPDX-License-Identifier: Apache-2.0
// The page is what the address says; ?find= is its filter, so that a view can be passed on.
import { useEffect, useState } from "./lib.js";
import { pageOf } from "./pages.js";

const read = () => ({ page: pageOf(location.pathname), search: new URLSearchParams(location.search).get("find") ?? "" });

export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener("popstate", changed);
    return () => removeEventListener("popstate", changed);
  }, []);

  // For links: a plain click stays in the page.
  function go(event) {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", event.currentTarget.getAttribute("href"));
    setRoute(read());
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }

  function setSearch(search) {
    const address = search ? `?find=${encodeURIComponent(search)}` : "";
    history.replaceState(null, "", location.pathname + address);
    setRoute((old) => ({ ...old, search }));
  }

  return { ...route, go, setSearch };
}

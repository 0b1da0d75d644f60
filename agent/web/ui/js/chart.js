// SPDX-License-Identifier: Apache-2.0
// uPlot in a box: connections and requests over time, in the colours of the theme, as wide as the box.
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useLayoutEffect, useRef } from "./lib.js";
import { count } from "./format.js";

const HEIGHT = 140;
const EMPTY = [[], [], [], []];

const columns = (series, column) => (series?.time.length ? [series.time, series[column], series.current, series.errors] : EMPTY);

const two = (n) => String(n).padStart(2, "0");
const hours = (_, ticks) => ticks.map((s) => {
  const d = new Date(s * 1000);
  return `${two(d.getHours())}:${two(d.getMinutes())}${d.getSeconds() ? `:${two(d.getSeconds())}` : ""}`;
});

function options(width, colours, word) {
  const axis = { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid, width: 1, size: 4 }, font: "11px system-ui, sans-serif" };
  const line = (label, stroke, more) => ({ label, stroke, width: 1.5, points: { show: false }, value: (_, v) => count(v), ...more });
  return {
    width, height: HEIGHT, cursor: { y: false, drag: { x: false, y: false } }, legend: { show: false },
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [{ ...axis, values: hours, space: 70, size: 26 }, { ...axis, size: 42, values: (_, ticks) => ticks.map(count) }],
    series: [{}, line(word, colours.requests, { fill: colours.fill }), line("connections", colours.current), line("5xx/s", colours.errors)],
  };
}

// light-dark() is resolved in a property, not in a variable: read it from what wears it.
function coloursOf(box) {
  const of = (name) => getComputedStyle(box.querySelector(name)).color;
  return {
    text: getComputedStyle(box).color, grid: of(".c-grid"), fill: of(".c-fill"),
    requests: of(".c-requests"), current: of(".c-current"), errors: of(".c-errors"),
  };
}

export function Chart({ series, column = "requests", title }) {
  const box = useRef(null), plot = useRef(null);
  const word = column === "requests" ? "requests/s" : "sessions/s";

  useLayoutEffect(() => {
    const place = box.current.querySelector(".plot");
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(place.clientWidth, coloursOf(box.current), word), columns(series, column), place);
    };
    draw();
    const sizes = new ResizeObserver(() => plot.current.setSize({ width: place.clientWidth, height: HEIGHT }));
    sizes.observe(place);
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      system.removeEventListener("change", draw);
      plot.current.destroy();
      plot.current = null;
    };
  }, [column]);

  useEffect(() => {
    plot.current?.setData(columns(series, column));
  });

  const last = (name) => count(series?.[name].at(-1));
  return html`<figure class="chart" ref=${box} aria-label=${`${title}: ${last(column)} ${word}, ${last("current")} connections, ${last("errors")} 5xx/s`} role="img">
    <div class="plot" aria-hidden="true"></div>
    <figcaption aria-hidden="true">
      <span class="c-requests">${word} <b>${last(column)}</b></span><span class="c-current">connections <b>${last("current")}</b></span>
      <span class="c-errors">5xx/s <b>${last("errors")}</b></span><i class="c-grid"></i><i class="c-fill"></i>
    </figcaption>
  </figure>`;
}

// SPDX-License-Identifier: Apache-2.0
// How views get at the store: they are drawn again when one of their topics changes.
import { createContext, useContext, useEffect, useRef, useState } from "./lib.js";

export const App = createContext(null); // { state, live, stream, ask, say, go }
export const useApp = () => useContext(App);

const redraw = (n) => n + 1;

export function useTopics(...topics) {
  const { live } = useApp();
  const [, again] = useState(0);
  useEffect(() => {
    const ends = topics.map((topic) => live.on(topic, () => again(redraw)));
    again(redraw); // what changed between drawing and now
    return () => ends.forEach((end) => end());
  }, [live, topics.join(" ")]);
}

// Ask the stream for these stat objects while the view is there.
export function useStats(...ids) {
  const { stream } = useApp();
  useEffect(() => {
    const ends = ids.map((id) => stream.subscribe(id));
    return () => ends.forEach((end) => end());
  }, [stream, ids.join(" ")]);
}

// The time, for "3 s ago": once per `ms`, for all in the same moment.
export function useNow(ms = 1000) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

// { data, error, busy, again }: `load()` now, when `deps` change, and each `ms` while the page is seen.
export function useLoaded(load, ms, deps = []) {
  const [result, setResult] = useState({ data: null, error: null, busy: true });
  const turn = useRef(0);
  async function again() {
    const mine = ++turn.current;
    setResult((old) => ({ ...old, busy: true }));
    const next = await load().then((data) => ({ data, error: null }), (error) => ({ error }));
    if (mine === turn.current) setResult((old) => ({ data: old.data, ...next, busy: false }));
  }
  useEffect(() => {
    again();
    const timer = ms && setInterval(() => document.hidden || again(), ms);
    return () => {
      turn.current++;
      clearInterval(timer);
    };
  }, deps);
  return { ...result, again };
}

// A value that outlives the page, in this browser.
export function useKept(name, first) {
  const [value, setValue] = useState(() => recall(name) ?? first);
  return [value, (next) => {
    setValue(next);
    keep(name, next);
  }];
}

export function recall(name) {
  try {
    return localStorage.getItem(`thalassa.${name}`);
  } catch {
    return null; // storage is refused
  }
}

export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`thalassa.${name}`);
    else localStorage.setItem(`thalassa.${name}`, value);
  } catch {
    // then it lasts as long as the page
  }
}

const opened = new Set(); // rows that come back into view are as they were

export function useOpen(id) {
  const [open, setOpen] = useState(opened.has(id));
  return [open, (next) => {
    if (next) opened.add(id);
    else opened.delete(id);
    setOpen(next);
  }];
}

// SPDX-License-Identifier: Apache-2.0
// The one place that names the view library, and what it lacks.
import { Component, createContext, h, html, render } from "../vendor/preact.js";
import { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";

export { Component, createContext, h, html, render };
export { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState };

// A component that is drawn again only when a property is another one.
export function memo(view) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = Object.keys(next);
      return names.length !== Object.keys(this.props).length || names.some((name) => next[name] !== this.props[name]);
    }

    render() {
      return h(view, this.props);
    }
  };
}

export const classes = (...names) => names.filter(Boolean).join(" ");

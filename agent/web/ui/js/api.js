// SPDX-License-Identifier: Apache-2.0
// The REST API: one call, one answer or one ApiError with what the agent said.

const TIMEOUT_MS = 40000;

export class ApiError extends Error {
  constructor(status, said) {
    super(said.error || `the agent answered ${status}`);
    this.status = status; // 0: no answer
    this.field = said.field;
    this.detail = said.detail;
  }
}

async function parsed(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return response.ok ? text : { error: `${response.status} ${text.slice(0, 200)}`.trim() };
  }
}

export async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response, answer;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await parsed(response);
  } catch (error) {
    throw new ApiError(0, { error: `the agent does not answer (${error.name === "TimeoutError" ? "timeout" : error.message})` });
  }
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

const name = encodeURIComponent;

// Paths, and what may stand behind them: { dryRun: true, wait: "10s", force: true }
function query(options = {}) {
  const words = Object.entries(options).filter(([, value]) => value).map(([key, value]) => `${key}=${name(value)}`);
  return words.length ? `?${words.join("&")}` : "";
}

export const get = (path) => call("GET", path);
export const getText = (path) => call("GET", path);

export const switchVersion = (backend, version, options) =>
  call("POST", `/backends/${name(backend)}${query(options)}`, { version });

export const setMember = (backend, member, wish, options) =>
  call("PUT", `/backends/${name(backend)}/members/${name(member)}${query(options)}`, wish);

export const putSplit = (backend, split, options) =>
  call("PUT", `/splits/${name(backend)}${query(options)}`, split);

export const acceptLoss = (backend, options) => call("POST", `/registry/accept${query(options)}`, { backend });

export const service = (service) => get(`/services/${name(service)}`);

export const history = (id, options) =>
  get(`/stats/${id.replace(/^stat\//, "").split("/").map(name).join("/")}${query(options)}`);

export const activity = (options) => get(`/activity${query(options)}`);

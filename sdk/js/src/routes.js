import { RooCodeError, VALIDATION_ERROR } from "./errors.js";
import { ROUTES } from "./generated/routes.js";

/** @import { Route } from "./generated/routes.js" */
/** @typedef {keyof typeof ROUTES} RouteName */

/** @param {RouteName} operation @returns {Route} */
export function routeOf(operation) {
  return ROUTES[operation];
}

/**
 * Where to ask for an operation, and what of the request goes into the body.
 *
 * @param {string} baseURL
 * @param {Route} route
 * @param {Record<string, unknown>} request
 * @param {boolean} hasBody whether bytes are sent: then the request's other fields go into the address
 * @returns {{ url: string, body: string | undefined }}
 */
export function addressed(baseURL, route, request, hasBody) {
  const others = { ...request };
  const path = route.path.replaceAll(/\{(\w+)(\+?)\}/g, (_, /** @type {string} */ name, slashes) => {
    const value = String(others[name] ?? "");
    delete others[name];
    return slashes ? segments(name, value) : segment(name, value);
  });
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  const isInBody = !hasBody && (route.method === "POST" || route.method === "PUT");
  const query = isInBody ? "" : queried(given);
  return {
    url: `${baseURL}${path}${query}`,
    body: isInBody ? JSON.stringify(Object.fromEntries(given)) : undefined,
  };
}

/** @param {string} name @param {string} path */
function segments(name, path) {
  const parts = path.replace(/^\/+/, "").split("/");
  return parts.map((part) => segment(name, part)).join("/");
}

/**
 * An address drops `.` and `..`, also where they are encoded, and would lead to another operation.
 *
 * @param {string} name
 * @param {string} value
 */
function segment(name, value) {
  if (value === "" || value === "." || value === "..") {
    const reason = `${JSON.stringify(value)} cannot be part of an address`;
    throw new RooCodeError(VALIDATION_ERROR, `${name}: ${reason}`, { details: { field: name, reason } });
  }
  return encodeURIComponent(value);
}

/** @param {[string, unknown][]} given */
function queried(given) {
  const query = new URLSearchParams();
  for (const [name, value] of given) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null) query.append(name, String(each));
    }
  }
  const text = query.toString();
  return text && `?${text}`;
}

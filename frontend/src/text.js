// Texts of the page, given by the server in `data-strings`, so that every language has its own in one place.

/** Fills `{name}` in a text. */
export function fill(text, values) {
  return (text ?? "").replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The JSON object in an attribute, or an empty one. */
export function jsonAttribute(element, name) {
  try {
    return JSON.parse(element.getAttribute(name) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

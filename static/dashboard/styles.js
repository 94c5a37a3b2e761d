// For libraries that write style elements while they run: the page's policy lets in those with its nonce.
export const { nonce } = document.querySelector("script[nonce]");

/** Let a library make its style elements: those made while `work` runs bear the nonce. */
export function withStyles(work) {
  const create = document.createElement;
  document.createElement = (name, options) => {
    const element = create.call(document, name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  try {
    return work();
  } finally {
    delete document.createElement;
  }
}

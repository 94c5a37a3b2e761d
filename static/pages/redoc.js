// The API document for reading. It uses the machine's fonts: nothing is loaded from elsewhere.
const own = "system-ui, sans-serif";
const { nonce } = document.currentScript; // with which it may write its styles
Redoc.init(
  "openapi.json",
  {
    nonce,
    scrollYOffset: "nav",
    expandResponses: "200,201",
    sortRequiredPropsFirst: true,
    theme: {
      typography: {
        fontFamily: own,
        headings: { fontFamily: own },
        code: { fontFamily: "ui-monospace, monospace" },
      },
    },
  },
  document.getElementById("reader"),
);

// The API document as a list of operations that can be tried, by their tags: to lay out all of them, and all
// schemas, would take a browser seconds. All requests go to this server.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reader",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
});

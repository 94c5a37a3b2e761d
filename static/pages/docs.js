// The whole document as a list of operations that can be tried. No request leaves this server.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reader",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
});

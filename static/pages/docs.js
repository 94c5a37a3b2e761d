// The API document as a list of operations that can be tried. All requests go to this server.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reader",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
});

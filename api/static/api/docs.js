// Draws the API's description.
const place = document.getElementById("docs");

window.SwaggerUIBundle({
  dom_id: "#docs",
  url: place.dataset.description,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
  validatorUrl: null,
});

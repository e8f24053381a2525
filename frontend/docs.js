/**
 * The API's own page: the OpenAPI document, as Swagger UI shows it.
 * @module
 */

/** @type {any} What the script before this one leaves. */
const { SwaggerUIBundle } = /** @type {any} */ (window);

SwaggerUIBundle({
  url: new URL("api/openapi.json", document.baseURI).href,
  domNode: document.getElementById("docs"),
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null, // it is another machine's
});

//! `/docs`: Swagger UI, from files inside the program. The page may load and ask nothing but this server.

use crate::serve::Reply;

/// Tag of the files: they change with the program only.
pub const TAG: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

/// Swagger UI puts styles on its elements; scripts come from files alone. It has images of its own as `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Starts the page. The badge of an outside validator is switched off, and a token that was entered is not stored.
const START: &str = r##""use strict";
const here = document.currentScript.src;
window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: new URL("../openapi.json", here).href,
    dom_id: "#page",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
});
"##;

/// Colours for those who like it dark, which Swagger UI leaves to others.
const STYLE: &str = "\
body { margin: 0; background: #fafafa; }
noscript { display: block; padding: 2rem; font-family: system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  html { background: #1b1b1b; }
  body { background: #fff; filter: invert(0.89) hue-rotate(180deg); }
}
";

/// The page. `below` says whether it was requested as `/docs/`, from where its files are beside it.
pub fn page(below: bool) -> Reply {
    if !cfg!(feature = "docs-ui") {
        let at = if below { "../" } else { "" };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>unseat: the API</title>\n</head>\n\
             <body>\n<p>This program was built without the interactive page (feature <code>docs-ui</code>). The document is \
             <a href=\"{at}openapi.json\">openapi.json</a>.</p>\n</body>\n</html>\n"
        );
        return secured(Reply::new("text/html; charset=utf-8", html));
    }
    let at = if below { "" } else { "docs/" };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>unseat: the API</title>\n\
         <link rel=\"icon\" type=\"image/png\" href=\"{at}favicon-32x32.png\">\n\
         <link rel=\"stylesheet\" href=\"{at}swagger-ui.css\">\n<link rel=\"stylesheet\" href=\"{at}style.css\">\n</head>\n\
         <body>\n<noscript>This page needs JavaScript; the document itself is openapi.json.</noscript>\n\
         <div id=\"page\"></div>\n<script src=\"{at}swagger-ui-bundle.js\"></script>\n\
         <script src=\"{at}start.js\"></script>\n</body>\n</html>\n"
    );
    secured(Reply::new("text/html; charset=utf-8", html))
}

/// A file of the page.
pub fn file(name: &str) -> Option<Reply> {
    let content_type = match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "png" => "image/png",
        _ => return None,
    };
    let bytes = match name {
        "start.js" => START.as_bytes().to_vec(),
        "style.css" => STYLE.as_bytes().to_vec(),
        "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png" => bundled(name)?,
        _ => return None,
    };
    Some(secured(Reply::new(content_type, bytes)))
}

/// A file of Swagger UI.
#[cfg(feature = "docs-ui")]
fn bundled(name: &str) -> Option<Vec<u8>> {
    let config = std::sync::Arc::new(utoipa_swagger_ui::Config::from("openapi.json"));
    let file = utoipa_swagger_ui::serve(name, config).ok()??;
    Some(file.bytes.into_owned())
}

/// There is none.
#[cfg(not(feature = "docs-ui"))]
fn bundled(_name: &str) -> Option<Vec<u8>> {
    None
}

fn secured(reply: Reply) -> Reply {
    reply
        .header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
}

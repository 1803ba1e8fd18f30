//! The page that shows all pictures of the gallery, by state.
//!
//! Plain HTML beside the pictures: it needs no server and no script.

use std::fmt::Write as _;

use super::eye::Album;
use super::view::{LANGUAGES, SIZES, THEMES, View};

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>MSSP Onboard: every state</title>\n\
    <style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:90rem}h2{margin:2.5rem 0 0}p{margin:.2rem 0 .8rem}\
    table{border-collapse:collapse}td,th{padding:.3rem;text-align:left;font-weight:normal}img{width:14rem;border:1px solid #999}\
    nav{columns:3}</style>\n<h1>Every screen and state</h1>\n\
    <p>Each row is a size, each column a theme and language. “Forced” shows the rules for Windows' contrast themes with the \
    system colours of <code>WebKitGTK</code>, which has no contrast themes of its own. Every state was reached in the real \
    window against the practice tenant; none is a recorded answer.</p>\n";

/// The page's text.
pub fn page(album: &Album) -> String {
    let mut page = String::from(HEAD);
    page.push_str("<nav>\n");
    for (stop, _) in &album.stops {
        let _ = writeln!(page, "<a href=\"#{stop}\">{stop}</a><br>");
    }
    page.push_str("</nav>\n");
    for (stop, how) in &album.stops {
        let _ = writeln!(page, "<h2 id=\"{stop}\">{stop}</h2><p>{how}</p>\n<table><tr><th></th>");
        for theme in THEMES {
            for language in LANGUAGES {
                let _ = write!(page, "<th>{theme}, {language}</th>");
            }
        }
        page.push_str("</tr>\n");
        for size in SIZES {
            let _ = write!(page, "<tr><th>{}</th>", size.name);
            for theme in THEMES {
                for language in LANGUAGES {
                    let file = Album::file(stop, &View { language, theme, size });
                    let _ = write!(
                        page,
                        "<td><a href=\"{stop}/{file}\"><img loading=\"lazy\" src=\"{stop}/{file}\" alt=\"{stop}, {theme}, {language}, {}\"></a></td>",
                        size.name
                    );
                }
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</table>\n");
    }
    page
}

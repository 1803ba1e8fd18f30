//! The forms of a page, and its message, as a browser would see them. A tokenizer does the reading; no layout, no script.

use html5gum::{Token, Tokenizer};
use url::Url;

/// What matters on a page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) forms: Vec<Form>,
    /// The text of the elements marked as alerts, or else all text.
    pub(super) message: String,
}

/// A form.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) action: Url,
    inputs: Vec<Input>,
    buttons: Vec<Button>,
}

#[derive(Clone, Debug)]
struct Input {
    name: String,
    value: String,
    /// A browser sends a checkbox only when it is ticked.
    sent: bool,
}

/// A button that submits its form.
#[derive(Clone, Debug)]
pub(super) struct Button {
    id: String,
    pub(super) name: String,
    pub(super) value: String,
}

impl Form {
    pub(super) fn has(&self, field: &str) -> bool {
        self.inputs.iter().any(|input| input.name == field)
    }

    /// What the form sends before a person has typed anything.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        self.inputs
            .iter()
            .filter(|input| input.sent && !input.name.is_empty())
            .map(|input| (input.name.clone(), input.value.clone()))
            .collect()
    }

    pub(super) fn button(&self, id: &str) -> Option<&Button> {
        self.buttons.iter().find(|button| button.id == id)
    }
}

impl Page {
    pub(super) fn read(address: &Url, html: &str) -> Self {
        let mut forms: Vec<Form> = Vec::new();
        let mut inside = false;
        let (mut alert, mut all) = (String::new(), String::new());
        let mut alert_element: Option<String> = None;
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    let attribute = |name: &str| {
                        tag.attributes.get(name.as_bytes()).map(|value| text(value)).unwrap_or_default()
                    };
                    match name.as_str() {
                        "form" => {
                            inside = true;
                            let action =
                                address.join(&attribute("action")).unwrap_or_else(|_| address.clone());
                            forms.push(Form { action, inputs: Vec::new(), buttons: Vec::new() });
                        }
                        "input" if inside => {
                            let sent = attribute("type") != "checkbox";
                            if let Some(form) = forms.last_mut() {
                                form.inputs.push(Input {
                                    name: attribute("name"),
                                    value: attribute("value"),
                                    sent,
                                });
                            }
                        }
                        "button" if inside => {
                            let button = Button {
                                id: attribute("id"),
                                name: attribute("name"),
                                value: attribute("value"),
                            };
                            if let Some(form) = forms.last_mut() {
                                form.buttons.push(button);
                            }
                        }
                        _ => {}
                    }
                    if attribute("role") == "alert" {
                        alert_element = Some(name);
                    }
                }
                Token::EndTag(tag) => {
                    let name = text(&tag.name);
                    inside &= name != "form";
                    if alert_element.as_deref() == Some(name.as_str()) {
                        alert_element = None;
                    }
                }
                Token::String(string) => {
                    let string = text(&string);
                    all.push_str(&string);
                    if alert_element.is_some() {
                        alert.push_str(&string);
                    }
                }
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        let message = if alert.trim().is_empty() { all } else { alert };
        Self { forms, message: message.split_whitespace().collect::<Vec<_>>().join(" ") }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_escapes_and_without_unticked_boxes() {
        let page = Page::read(
            &Url::parse("https://localhost:1/a/b").unwrap(),
            "<p role=alert>AADSTS1: &lt;no&gt;</p><form action='/c?d=1&amp;e=2'><input type=hidden name=f value='&quot;g&quot;'>\
             <input type=checkbox name=h value=i><button id=j name=k value=l>m</button></form><input name=outside>",
        );
        assert_eq!(page.message, "AADSTS1: <no>");
        let form = &page.forms[0];
        assert_eq!(form.action.as_str(), "https://localhost:1/c?d=1&e=2");
        assert_eq!(form.fields(), [("f".to_owned(), "\"g\"".to_owned())]);
        assert_eq!(
            form.button("j").map(|button| (button.name.as_str(), button.value.as_str())),
            Some(("k", "l"))
        );
    }
}

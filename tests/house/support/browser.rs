//! A browser without a screen: it keeps the cookie, follows where it is sent, and fills forms in as they
//! stand on a page. Must never know what a page is about.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

use super::wire::{self, Request};
use super::{Answer, House};

pub struct Browser {
    console: SocketAddr,
    /// `name=value`, as the console set it last.
    pub cookie: Option<String>,
}

/// What a browser knows of the origin of a request.
#[derive(Clone, Copy)]
pub enum Origin {
    Same,
    /// The same, by a browser that tells it by `Origin` only.
    SameTold,
    /// A browser that hides it, as under `Referrer-Policy: no-referrer`.
    Hidden,
    /// A page of somebody else.
    Other,
    /// A client that says nothing of it.
    Untold,
}

impl Browser {
    pub fn at(console: SocketAddr) -> Self {
        Self { console, cookie: None }
    }

    /// In front of a house's console, with the operator signed in.
    pub async fn of_operator(house: &House) -> Self {
        let mut browser = Self::at(house.console().await);
        let page = browser.sign_in(&house.operator_token).await;
        assert_eq!(page.status, 200, "{}", page.text());
        browser
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None, Origin::Untold).await
    }

    /// Sends a form of the console's own.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_from(Origin::Same, path, form).await
    }

    pub async fn post_from(&mut self, origin: Origin, path: &str, form: &[(&str, &str)]) -> Answer {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs =
            form.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.send("POST", path, Some(body.into_bytes()), origin).await
    }

    async fn send(
        &mut self,
        method: &str,
        target: &str,
        body: Option<Vec<u8>>,
        origin: Origin,
    ) -> Answer {
        let mut headers = Vec::new();
        let mut header =
            |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        if body.is_some() {
            header("Content-Type", "application/x-www-form-urlencoded");
        }
        if let Some(cookie) = &self.cookie {
            header("Cookie", cookie);
        }
        match origin {
            Origin::Same => {
                header("Origin", &format!("http://{}", self.console));
                header("Sec-Fetch-Site", "same-origin");
            }
            Origin::SameTold => header("Origin", &format!("http://{}", self.console)),
            Origin::Hidden => header("Origin", "null"),
            Origin::Other => {
                header("Origin", "https://evil.example");
                header("Sec-Fetch-Site", "cross-site");
            }
            Origin::Untold => {}
        }
        let (method, target) = (method.to_owned(), target.to_owned());
        let answer =
            wire::send(self.console, &Request { method, target, headers, body }).await.unwrap();
        if let Some(set) = answer.header("set-cookie") {
            let pair = set.split(';').next().unwrap_or_default();
            self.cookie = (!set.contains("Max-Age=0")).then(|| pair.to_owned());
        }
        answer
    }

    /// Goes where an answer sends it.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let path = answer.header("location").unwrap().to_owned();
        self.get(path.split('#').next().unwrap()).await
    }

    /// Sends the form on a page that asks, with values put in.
    pub async fn confirm(&mut self, path: &str, typed: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let (target, fields) = hidden_form(&page.text());
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        form.extend(typed);
        self.post(&target, &form).await
    }

    /// Signs in by the operator's token.
    pub async fn sign_in(&mut self, token: &str) -> Answer {
        let sent = self.post("/sign-in", &[("token", token)]).await;
        self.follow(&sent).await
    }
}

/// What a page would send of a form that is not touched: of fields with the attribute, as in
/// `form="settings"`, or of those within the form that goes to a path.
pub fn fields_of(page: &str, form: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let attribute = |tag: &str, name: &str| {
        let found = Regex::new(&format!(r#"\b{name}="([^"]*)""#)).unwrap().captures(tag)?;
        Some(unescaped(&found[1]))
    };
    let own = format!("form=\"{form}\"");
    let begin = page.find(&format!("<form id=\"{form}\"")).unwrap();
    let hidden = &page[begin..begin + page[begin..].find("</form>").unwrap()];
    let tags = Regex::new("(?s)<input[^>]*>").unwrap();
    let within = tags.find_iter(hidden).chain(tags.find_iter(page));
    for tag in within.map(|tag| tag.as_str()) {
        let Some(name) = attribute(tag, "name") else { continue };
        let is_choice = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        let is_of_form = tag.contains(&own) || hidden.contains(tag);
        if is_of_form && (!is_choice || tag.contains(" checked")) {
            fields.insert(name, attribute(tag, "value").unwrap_or_default());
        }
    }
    let areas = Regex::new("(?s)(<textarea[^>]*>)\n?(.*?)</textarea>").unwrap();
    for area in areas.captures_iter(page).filter(|area| area[1].contains(&own)) {
        fields.insert(attribute(&area[1], "name").unwrap(), unescaped(&area[2]));
    }
    fields
}

/// Where the form of a page that asks goes to, and what it carries unseen.
pub fn hidden_form(page: &str) -> (String, Vec<(String, String)>) {
    let hidden = Regex::new(r#"<input type="hidden" name="([^"]+)" value="([^"]*)">"#).unwrap();
    let pair = |[name, value]: [&str; 2]| (unescaped(name), unescaped(value));
    let fields = hidden.captures_iter(page).map(|it| pair(it.extract().1)).collect();
    let target = Regex::new(r#"method="post" action="(/s[^"]+/[^"]+)""#).unwrap();
    let target = target.captures(page).unwrap_or_else(|| panic!("{page}"));
    (unescaped(&target[1]), fields)
}

fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

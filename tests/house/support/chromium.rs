//! A real browser, Debian's Chromium, driven by its protocol (`WebDriver`, W3C) over HTTP by hand. Where it isn't
//! installed, nobody is asked. Must never know what a page is about.

use std::net::SocketAddr;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::wire::{self, Request};
use super::{Answer, until};

/// The member by which `WebDriver` names an element (section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Chromium {
    _driver: Child,
    address: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

/// What a page is looked at with.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub name: &'static str,
    pub scheme: &'static str,
    pub width: u32,
    pub height: u32,
}

pub const SCREENS: [Screen; 4] = [
    Screen { name: "light-desktop", scheme: "light", width: 1280, height: 900 },
    Screen { name: "dark-desktop", scheme: "dark", width: 1280, height: 900 },
    Screen { name: "light-phone", scheme: "light", width: 390, height: 844 },
    Screen { name: "dark-phone", scheme: "dark", width: 390, height: 844 },
];

impl Chromium {
    /// A browser with or without script; none where it isn't installed.
    pub async fn start(has_script: bool) -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let folder = profile.path().to_owned();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let Ok(mut driver) = command.spawn() else {
            eprintln!("chromedriver is missing: nobody looks at the console");
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("it says its port");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        // It would wait for somebody to read it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut browser =
            Self { _driver: driver, address, session: String::new(), _profile: profile };
        let folder = folder.display();
        let script = if has_script { 1 } else { 2 };
        let options = json!({
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                // A picture of a long page would be cut off by as much as one takes.
                "--hide-scrollbars",
                // Whatever a page of others wants from elsewhere.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
                format!("--user-data-dir={folder}"),
            ],
            "prefs": {"profile.managed_default_content_settings.javascript": script},
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = browser.call("POST", "/session", &wanted).await;
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        Some(browser)
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// What is answered, or why nothing is.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let (method, target) = (method.to_owned(), format!("{}{path}", self.session));
        let has_body = method == "POST";
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        let body = has_body.then(|| body.to_string().into_bytes());
        let answer = self.exchange(&Request { method, target, headers, body }).await;
        if answer.status == 200 { Ok(answer.json()["value"].clone()) } else { Err(answer.text()) }
    }

    /// The driver leaves connections open, so an answer ends where it says.
    async fn exchange(&self, request: &Request) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(&wire::bytes(self.address, request)).await.unwrap();
        let mut received = Vec::new();
        loop {
            assert!(stream.read_buf(&mut received).await.unwrap() > 0, "it broke off");
            let answer = wire::read(&received);
            let length = |answer: &Answer| answer.header("content-length")?.parse::<usize>().ok();
            if let Some(answer) =
                answer.filter(|it| length(it).is_some_and(|all| all <= it.body.len()))
            {
                return answer;
            }
        }
    }

    /// Opens a page.
    pub async fn go(&self, url: &str) {
        self.call("POST", "/url", &json!({ "url": url })).await;
    }

    /// What is answered of an element once it is there: the page may be about to become another.
    async fn of_element(&self, method: &str, css: &str, what: &str, body: &Value) -> Value {
        until(css, async || {
            let wanted = json!({"using": "css selector", "value": css});
            let found = self.ask("POST", "/element", &wanted).await.ok()?;
            let path = format!("/element/{}/{what}", found[ELEMENT].as_str().unwrap());
            self.ask(method, &path, body).await.ok()
        })
        .await
    }

    pub async fn click(&self, css: &str) {
        self.of_element("POST", css, "click", &json!({})).await;
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.of_element("POST", css, "value", &json!({ "text": text })).await;
    }

    /// What a person reads there.
    pub async fn text(&self, css: &str) -> String {
        self.of_element("GET", css, "text", &Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Waits until a person reads these words there.
    pub async fn shows(&self, css: &str, words: &str) {
        until(words, async || self.text(css).await.contains(words).then_some(())).await;
    }

    /// What the body of a function answers.
    pub async fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// What a function hands to its last argument.
    pub async fn run_async(&self, script: &str) -> Value {
        self.call("POST", "/execute/async", &json!({"script": script, "args": []})).await
    }

    /// From now on pages are looked at with this screen.
    pub async fn look_with(&self, screen: Screen) {
        let Screen { scheme, width, height, .. } = screen;
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.tools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// All of the page, as WebP: a tenth of the size of a PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let wanted = json!({"format": "webp", "quality": 60, "captureBeyondViewport": true});
        let taken = self.tools("Page.captureScreenshot", wanted).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    async fn tools(&self, command: &str, parameters: Value) -> Value {
        let call = json!({"cmd": command, "params": parameters});
        self.call("POST", "/goog/cdp/execute", &call).await
    }

    /// What the browser complained of since it was asked last.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({"type": "browser"})).await;
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn end(self) {
        self.call("DELETE", "", &Value::Null).await;
    }
}

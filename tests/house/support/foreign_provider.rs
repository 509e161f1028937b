//! An identity provider that nobody here wrote: `oidc-provider` of npm, and people who sign in there. Owns
//! its process; must never know what comes of a sign-in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provost_test_kit::Authority;
use regex::Regex;
use rustls::ClientConfig;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;

use super::Answer;
use super::wire::{self, Request};

/// What it knows the client by.
const CLIENT: &str = "provost";
const SECRET: &str = "the-secret-of-the-client-provost";

pub struct ForeignProvider {
    _process: Child,
    /// Its certificate and key, where it is behind TLS.
    _files: TempDir,
    pub issuer: String,
    address: SocketAddr,
    /// How people's browsers recognise it.
    tls: Option<Arc<ClientConfig>>,
}

impl ForeignProvider {
    /// Without what `scripts/test` installs only CI insists. Where the token is to hold all claims, it says so.
    pub async fn start(claims: &str) -> Option<Self> {
        Self::behind(None, claims).await
    }

    /// The same, behind TLS by a certificate of this authority.
    pub async fn start_over_tls(authority: &Authority, claims: &str) -> Option<Self> {
        Self::behind(Some(authority), claims).await
    }

    async fn behind(authority: Option<&Authority>, claims: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/oidc");
        if !folder.join("node_modules/oidc-provider").exists() {
            let missing = format!("there is no {}; scripts/test installs it", folder.display());
            let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!in_ci, "{missing}");
            eprintln!("skipped: {missing}");
            return None;
        }
        let files = tempfile::tempdir().unwrap();
        let mut command = Command::new("node");
        command.arg("serve.mjs").arg(claims);
        if let Some(authority) = authority {
            let issued = authority.issue(&["localhost"]);
            let (certificate, key) = issued.write(files.path(), "provider");
            command.arg(certificate).arg(key);
        }
        let mut process = command
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = loop {
            let line = said.next_line().await.unwrap().expect("the provider ended");
            if line.starts_with("http://") || line.starts_with("https://") {
                break line;
            }
        };
        // What it says later goes nowhere, and does not end it.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        let port = issuer.rsplit(':').next().unwrap().parse().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let tls = authority.map(|authority| authority.client(&["http/1.1"], None));
        Some(Self { _process: process, _files: files, issuer, address, tls })
    }

    /// The table about it in a file of identity providers.
    pub fn table(&self, site: &str, user_name_claim: &str) -> String {
        let Self { issuer, .. } = self;
        format!(
            "[{site}]\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{SECRET}\"\n\
             user_name_claim = \"{user_name_claim}\"\n"
        )
    }

    /// Has it know the client, and where it may send browsers back to.
    pub async fn register(&self, console: SocketAddr, sites: &[&str]) {
        let back = |site: &&str| format!("http://{console}/sign-in/{site}/callback");
        let client = json!({
            "redirect_uris": sites.iter().map(back).collect::<Vec<_>>(),
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let request = Request {
            method: "POST".to_owned(),
            target: "/reg".to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: Some(client.to_string().into_bytes()),
        };
        let answer = self.exchange(request).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Goes where a console leads, signs in there under a name, and answers to which path of the console
    /// the provider sends the browser back.
    pub async fn sign_in(&self, url: &str, name: &str) -> String {
        let own = |url: &str| url.strip_prefix(&self.issuer).map(str::to_owned);
        let form = Regex::new(r#"<form[^>]*action="([^"]+)""#).unwrap();
        let mut cookies = BTreeMap::new();
        let mut answer = self.send(&mut cookies, "GET", &own(url).unwrap(), None).await;
        for _ in 0..12 {
            if answer.status != 200 {
                let location =
                    answer.header("location").unwrap_or_else(|| panic!("{}", answer.text()));
                let target = match own(location) {
                    Some(target) => target,
                    None if location.starts_with('/') => location.to_owned(),
                    None => {
                        let away = location.splitn(4, '/').nth(3);
                        return format!("/{}", away.unwrap());
                    }
                };
                answer = self.send(&mut cookies, "GET", &target, None).await;
                continue;
            }
            let page = answer.text();
            let action = form.captures(&page).unwrap_or_else(|| panic!("{page}"))[1].to_owned();
            let action = own(&action).unwrap_or(action);
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
            let body = if page.contains("value=\"login\"") {
                format!("prompt=login&login={name}&password=x")
            } else {
                "prompt=consent".to_owned()
            };
            answer = self.send(&mut cookies, "POST", &action, Some(body)).await;
        }
        panic!("the provider asks and asks: {}", answer.text());
    }

    async fn send(
        &self,
        cookies: &mut BTreeMap<String, String>,
        method: &str,
        target: &str,
        body: Option<String>,
    ) -> Answer {
        let kept: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = vec![("Cookie".to_owned(), kept.join("; "))];
        if body.is_some() {
            let form = "application/x-www-form-urlencoded";
            headers.push(("Content-Type".to_owned(), form.to_owned()));
        }
        let (method, target) = (method.to_owned(), target.to_owned());
        let body = body.map(String::into_bytes);
        let answer = self.exchange(Request { method, target, headers, body }).await;
        for (_, set) in
            answer.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case("set-cookie"))
        {
            let pair = set.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Under the name by which it is known, over a connection of its own.
    async fn exchange(&self, mut request: Request) -> Answer {
        request.headers.push(("Host".to_owned(), format!("localhost:{}", self.address.port())));
        let stream = TcpStream::connect(self.address).await.unwrap();
        let answer = match &self.tls {
            None => wire::send_over(stream, self.address, &request).await,
            Some(tls) => {
                let name = "localhost".try_into().unwrap();
                let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
                wire::send_over(stream.unwrap(), self.address, &request).await
            }
        };
        answer.unwrap()
    }
}

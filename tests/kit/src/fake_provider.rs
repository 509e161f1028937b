//! An identity provider that says whatever a test wants. Owns its key and what it is asked; must never
//! know who asks, nor by which way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// What it is called.
pub const ISSUER: &str = "https://idp.example";
/// The client that it knows.
pub const CLIENT: &str = "provost";

/// Makes a token of claims.
pub type Forge = fn(&FakeProvider, &Value) -> String;

/// A provider with one key.
pub struct FakeProvider {
    key: EcdsaKeyPair,
    /// What it names the key.
    pub key_id: String,
    /// The key that it shows; its own where none is set.
    pub shown: Option<Value>,
    /// What it answers to a code instead of a token, with the status.
    pub instead: Option<(u16, Value)>,
    /// How it makes a token, where not as it should.
    pub forge: Option<Forge>,
    /// What it says of whoever signs in besides the token, where it says it at all.
    pub user_info: Option<Value>,
    /// What it says that it is called, and where it is found.
    pub issuer: String,
    /// The paths that it was asked, with the bodies.
    pub asked: Vec<(String, String)>,
}

impl FakeProvider {
    /// One that does as it should.
    #[must_use]
    pub fn honest() -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            key: key(),
            key_id: "1".to_owned(),
            shown: None,
            instead: None,
            forge: None,
            user_info: None,
            issuer: ISSUER.to_owned(),
            asked: Vec::new(),
        }))
    }

    /// A code for a token with these claims: whoever has it decides what the token says.
    #[must_use]
    pub fn code(claims: &Value) -> String {
        encoded(claims)
    }

    /// Makes another key, of this name.
    pub fn renew_key(&mut self, key_id: &str) {
        (self.key, self.key_id) = (key(), key_id.to_owned());
    }

    /// Its key, as others see it.
    #[must_use]
    pub fn public_key(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.key_id, "x": x, "y": y})
    }

    /// A token of these claims.
    #[must_use]
    pub fn signed(&self, claims: &Value) -> String {
        let head = json!({"alg": "ES256", "kid": self.key_id});
        let text = format!("{}.{}", encoded(&head), encoded(claims));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What it answers, with the status.
    pub fn answer(&mut self, path: &str, body: &[u8]) -> (u16, Value) {
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.asked.push((path.to_owned(), body.clone()));
        match path {
            "/.well-known/openid-configuration" => (
                200,
                json!({
                    "issuer": self.issuer,
                    "authorization_endpoint": format!("{}/authorize", self.issuer),
                    "token_endpoint": format!("{}/token", self.issuer),
                    "jwks_uri": format!("{}/keys", self.issuer),
                    "userinfo_endpoint": format!("{}/me", self.issuer),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                }),
            ),
            "/keys" => {
                let shown = self.shown.clone().unwrap_or_else(|| self.public_key());
                (200, json!({"keys": [shown]}))
            }
            "/me" => (200, self.user_info.clone().unwrap_or_default()),
            "/token" => self.instead.clone().unwrap_or_else(|| self.token(&body)),
            _ => (404, Value::Null),
        }
    }

    fn token(&self, form: &str) -> (u16, Value) {
        let fields: BTreeMap<_, _> = form.split('&').filter_map(|it| it.split_once('=')).collect();
        let claims = URL_SAFE_NO_PAD.decode(fields["code"]).ok();
        let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
        let Some(claims) = claims else { return (400, json!({"error": "invalid_grant"})) };
        let token = self.forge.unwrap_or(Self::signed)(self, &claims);
        (200, json!({"access_token": "x", "token_type": "Bearer", "id_token": token}))
    }
}

/// A part of a token.
#[must_use]
pub fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

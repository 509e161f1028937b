//! The people of the runs: real users with everything an identity provider usually fills in, a
//! function of their number alone.

use provost_proto::v1;
use provost_proto::v1::value::Kind;
use serde_json::{Value, json};

const GIVEN: [&str; 16] = [
    "Ada",
    "Björn",
    "Chiara",
    "Dmitri",
    "Élodie",
    "Farah",
    "Grace",
    "Hiroshi",
    "Ines",
    "Jakub",
    "Katherine",
    "Lûcia",
    "Mahmoud",
    "Noor",
    "Oluwaseun",
    "Priyanka",
];
const FAMILY: [&str; 16] = [
    "Lovelace",
    "Åkesson",
    "Rossi",
    "Volkov",
    "Dubois",
    "Rahman",
    "Hopper",
    "Tanaka",
    "Moreau",
    "Kowalski",
    "Johnson",
    "Oliveira",
    "El-Sayed",
    "van der Berg",
    "Adeyemi",
    "Chakraborty",
];
const TITLES: [&str; 6] = [
    "Staff Engineer",
    "Regional Sales Director",
    "Payroll Specialist",
    "Research Analyst",
    "Customer Success Lead",
    "Network Administrator",
];
const DEPARTMENTS: [&str; 5] =
    ["Platform Engineering", "Field Sales EMEA", "Finance", "Research", "Customer Operations"];

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Somebody, by number.
#[derive(Debug, Clone)]
pub struct Person {
    given: &'static str,
    family: &'static str,
    title: &'static str,
    department: &'static str,
    number: usize,
}

impl Person {
    /// The person of this number.
    pub fn new(number: usize) -> Self {
        let pick = |words: &[&'static str], stride: usize| words[number / stride % words.len()];
        Self {
            given: pick(&GIVEN, 1),
            family: pick(&FAMILY, 16),
            title: pick(&TITLES, 1),
            department: pick(&DEPARTMENTS, 3),
            number,
        }
    }

    /// What the person signs in with.
    pub fn user_name(&self) -> String {
        let ascii = |c: char| c.is_ascii_alphabetic().then_some(c.to_ascii_lowercase());
        let given: String = self.given.chars().filter_map(ascii).collect();
        let family: String = self.family.chars().filter_map(ascii).collect();
        format!("{given}.{family}.{}@corp.example.com", self.number)
    }

    /// Okta's ids look like this.
    pub fn external_id(&self) -> String {
        format!("00u{:017}", self.number)
    }

    /// The request that creates the person.
    pub fn creation(&self) -> v1::CreateUserRequest {
        v1::CreateUserRequest {
            site: String::new(),
            user_name: self.user_name(),
            external_id: Some(self.external_id()),
            active: Some(true),
            role: v1::Role::Registered.into(),
            profile: Some(self.profile()),
            ignored: Vec::new(),
            options: None,
            include_groups: false,
        }
    }

    fn profile(&self) -> v1::Profile {
        let texts = [
            ("given_name", self.given.to_owned()),
            ("family_name", self.family.to_owned()),
            ("formatted_name", self.full_name()),
            ("display_name", self.full_name()),
            ("title", self.title.to_owned()),
            ("preferred_language", "en-GB".to_owned()),
            ("locale", "en-GB".to_owned()),
            ("timezone", "Europe/Madrid".to_owned()),
            ("department", self.department.to_owned()),
            ("employee_number", self.employee_number()),
            ("cost_center", self.cost_center()),
            ("organization", "Example Corporation".to_owned()),
            ("division", "EMEA".to_owned()),
            ("manager_id", self.manager()),
        ];
        let value = |kind| v1::Value { kind: Some(kind) };
        let named = |name: &str, kind| (name.to_owned(), value(kind));
        let email = |address, kind: &str, primary: bool| {
            let texts =
                [named("value", Kind::Text(address)), named("type", Kind::Text(kind.to_owned()))];
            let primary = primary.then(|| named("primary", Kind::Boolean(true)));
            let attributes = texts.into_iter().chain(primary).collect();
            value(Kind::Complex(v1::Complex { attributes }))
        };
        let elements =
            vec![email(self.user_name(), "work", true), email(self.home_address(), "home", false)];
        let emails = named("emails", Kind::List(v1::List { elements }));
        let texts = texts.into_iter().map(|(name, text)| named(name, Kind::Text(text)));
        v1::Profile { attributes: texts.chain([emails]).collect() }
    }

    /// The user as the contract answers it; what the fixed answers are made of.
    pub fn user(&self, id: &str) -> v1::User {
        let time = Some("2026-03-03T09:15:27.250Z".parse().unwrap_or_default());
        v1::User {
            id: id.to_owned(),
            site: "default".to_owned(),
            user_name: self.user_name(),
            external_id: Some(self.external_id()),
            active: true,
            directory_status: v1::DirectoryStatus::Active.into(),
            holds: Vec::new(),
            role: v1::Role::Registered.into(),
            profile: Some(self.profile()),
            version: 3,
            create_time: time,
            update_time: time,
            groups: Vec::new(),
            has_more_groups: false,
            base_role: 0,
        }
    }

    /// The person as a whole SCIM resource, as Okta sends it with PUT.
    pub fn resource(&self, id: &str, active: bool, title: Option<&str>) -> Value {
        json!({
            "schemas": [CORE, ENTERPRISE],
            "id": id,
            "externalId": self.external_id(),
            "userName": self.user_name(),
            "name": {
                "formatted": self.full_name(),
                "familyName": self.family,
                "givenName": self.given,
            },
            "displayName": self.full_name(),
            "title": title.unwrap_or(self.title),
            "preferredLanguage": "en-GB",
            "locale": "en-GB",
            "timezone": "Europe/Madrid",
            "active": active,
            "emails": [
                { "value": self.user_name(), "type": "work", "primary": true },
                { "value": self.home_address(), "type": "home", "primary": false },
            ],
            "groups": [],
            ENTERPRISE: {
                "employeeNumber": self.employee_number(),
                "costCenter": self.cost_center(),
                "organization": "Example Corporation",
                "division": "EMEA",
                "department": self.department,
                "manager": { "value": self.manager() },
            },
            "meta": { "resourceType": "User" },
        })
    }

    fn full_name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    fn home_address(&self) -> String {
        format!("{}.{}@mail.example.org", self.given.to_lowercase(), self.number)
    }

    fn employee_number(&self) -> String {
        format!("E{:08}", self.number)
    }

    fn cost_center(&self) -> String {
        format!("CC-{:04}", self.number % 400)
    }

    fn manager(&self) -> String {
        format!("00u{:017}", self.number / 12)
    }
}

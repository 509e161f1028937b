//! Operator commands: tables for people, JSON for scripts, exit codes for both.

use std::process::Output;

use serde_json::Value;

use crate::support::Engine;
use crate::support::browser::Browser;
use crate::support::child::Fixture;
use crate::support::wire::{self, Request};

#[tokio::test]
async fn an_operator_does_everything_from_the_command_line() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let json = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        read(&fixture.operate(&served, &arguments).await, line)
    };

    json("site create acme --output json").await;
    let sites = json("site list --output json").await;
    let names: Vec<&str> =
        sites.as_array().unwrap().iter().map(|site| site["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"acme") && names.contains(&"default"), "{names:?}");

    let settings = json(
        "site settings set --site acme --manage-user-roles true --creation create --output json",
    )
    .await;
    assert_eq!(settings["allow_moderator_promotion"], true);
    assert_eq!(settings["allow_admin_promotion"], true);
    assert_eq!(settings["creation"], "create");
    assert_eq!(settings["deletion"], "refuse");

    json("token create --site acme --name okta --expires 90d --output json").await;
    let tokens = json("token list --site acme --output json").await;
    assert_eq!(tokens[0]["name"], "okta");
    let revoke =
        format!("token revoke {} --site acme --output json", tokens[0]["id"].as_str().unwrap());
    json(&revoke).await;

    json("user register-sign-in ada@example.com --site acme --output json").await;
    json("user set-role ada@example.com Moderator --site acme --output json").await;
    json("user hold ada@example.com security --site acme --output json").await;
    let shown = json("user show ada@example.com --site acme --output json").await;
    assert_eq!(shown["role"], "Moderator");
    assert_eq!(shown["active"], false);
    json("user lift ada@example.com security --site acme --output json").await;
    json("user deactivate ada@example.com --site acme --output json").await;
    json("user activate ada@example.com --site acme --output json").await;
    let listed = json("user list --site acme --output json").await;
    assert_eq!(listed[0]["user_name"], "ada@example.com");
    assert_eq!(listed[0]["active"], true);

    let ledger = json("ledger show --site acme --output json").await;
    let events = json("ledger list --site acme --user ada@example.com --output json").await;
    assert_eq!(events[0]["revision"], ledger["head_revision"]);
    assert_eq!(events[0]["asked"][0], "activate");
    let held =
        json("ledger list --site acme --kind user_changed --oldest-first --output json").await;
    assert_eq!(held[0]["after"]["role"], "Moderator");
    assert_eq!(held[1]["after"]["holds"][0]["name"], "security");
    let event = json("ledger show 1 --site acme --output json").await;
    assert_eq!(
        (&event["kind"], &event["after"]["enabled"]),
        (&"site_created".into(), &true.into())
    );

    let table = fixture.operate(&served, &["user", "list", "--site", "acme"]).await;
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.contains("ada@example.com") && serde_json::from_str::<Value>(&table).is_err());
}

#[tokio::test]
async fn many_users_are_changed_by_the_lines_of_a_file() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    for name in ["ada", "bob", "root"] {
        let made = fixture.operate(&served, &["user", "create", name]).await;
        assert!(made.status.success());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changes.txt");
    let file = file.to_str().unwrap();
    let lines = "# who is in charge\nset-role root Admin\nset-role ada Moderator\n\
        set-role ada Moderator\ndeactivate nobody\ndeactivate bob\n";
    std::fs::write(file, lines).unwrap();
    let table = fixture.operate(&served, &["user", "batch", file]).await;
    assert_eq!(table.status.code(), Some(1));
    let [told, error] = [table.stdout, table.stderr].map(|it| String::from_utf8(it).unwrap());
    let rows: Vec<&str> = told.lines().skip(1).collect();
    let expected = [
        ["2", "root", "changed", "root is active; the role is Admin."],
        ["3", "ada", "changed", "ada is active; the role is Moderator."],
        ["4", "ada", "unchanged", "ada is active; the role is Moderator."],
        ["5", "nobody", "refused", "[USER_NOT_FOUND]"],
        ["6", "bob", "changed", "bob is deactivated, held by manual; the role is Registered."],
    ];
    assert_eq!(rows.len(), expected.len(), "{told}");
    for (row, expected) in rows.iter().zip(expected) {
        assert!(expected.iter().all(|word| row.contains(word)), "{row}");
    }
    assert_eq!(error, "error: 1 of 5 lines were refused; each says why\n");

    // The last Admin stays, and with them everybody else.
    std::fs::write(file, "activate bob\ndeactivate root\n").unwrap();
    let whole = ["user", "batch", file, "--all-or-nothing"];
    let refused = fixture.operate(&served, &whole).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("[LAST_ADMIN]"));
    let line = "user batch FILE --output json";
    let each = fixture.operate(&served, &["user", "batch", file, "--output", "json"]).await;
    let each: Value = serde_json::from_slice(&each.stdout).expect(line);
    assert_eq!((&each[0]["line"], &each[0]["decision"]["changed"]), (&1.into(), &true.into()));
    assert_eq!(
        (&each[1]["user"], &each[1]["error"]["reason"]),
        (&"root".into(), &"LAST_ADMIN".into())
    );

    std::fs::write(file, "activate bob\nremove bob\n").unwrap();
    let unread = fixture.operate(&served, &["user", "batch", file]).await;
    assert_eq!(unread.status.code(), Some(64));
    assert!(String::from_utf8(unread.stderr).unwrap().contains("line 2 of the file"));
}

#[tokio::test]
async fn an_operator_says_what_services_may_do() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let json = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').chain(["--output", "json"]).collect();
        read(&fixture.operate(&served, &arguments).await, line)
    };
    json("site create acme").await;
    assert_eq!(json("service create desk --reason hired").await["name"], "desk");
    let grant = "service grant desk --site acme --permission read_users --permission change_roles \
                 --highest-role Moderator";
    assert_eq!(json(grant).await["changed"], true);
    assert_eq!(json(grant).await["changed"], false);
    let listed = json("service list").await;
    assert_eq!(listed[0]["grants"][0]["site"], "acme");
    assert_eq!(listed[0]["grants"][0]["highest_role"], "Moderator");

    let question = "service explain desk UserService/SetUserRole --site acme --requested-role";
    let answer = json(&format!("{question} Moderator")).await;
    assert_eq!(answer["permissions"][0]["grant"]["site"], "acme");
    assert_eq!(json(&format!("{question} Admin")).await["allowed"], false);
    let arguments = ["service", "explain", "desk", "UserService/DeleteUser", "--site", "acme"];
    let said = fixture.operate(&served, &arguments).await.stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("Not allowed") && said.contains("delete_users"), "{said}");

    let made = json("service token create desk --name production --expires 90d").await;
    assert!(made["value"].as_str().unwrap().starts_with("provost_svc_"));
    let revoked = json("service token revoke desk production").await;
    assert_eq!(revoked["id"], made["token"]["id"]);
    let tokens = json("service token list desk").await;
    assert_eq!((&tokens[0]["id"], &tokens[0]["service"]), (&made["token"]["id"], &"desk".into()));
    let added = json("service certificate add desk spiffe://example.com/desk").await;
    assert_eq!(added["name"], "spiffe://example.com/desk");
    json("service certificate remove desk spiffe://example.com/desk").await;
    let listed = json("service certificate list desk").await;
    assert!(listed[0]["remove_time"].is_string(), "{listed}");
    json("service remove-grant desk --site acme").await;
    json("service delete desk").await;
    assert_eq!(json("service list").await, serde_json::json!([]));

    let events = json("ledger list --installation --oldest-first").await;
    let kinds: Vec<_> = events.as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    let expected = [
        "service_created",
        "grant_changed",
        "service_token_created",
        "service_token_revoked",
        "certificate_added",
        "certificate_removed",
        "grant_changed",
        "service_deleted",
    ];
    assert_eq!(kinds, expected, "nobody saw a link into the console, so there is none");
    assert_eq!(events[0]["reason"], "hired");
    assert_eq!(events[1]["after"]["grants"][0]["permissions"][0], "read_users");
    let first = json("ledger show 1 --installation").await;
    assert_eq!(first["after"]["service"], "desk");
}

/// Wherever it listens, and not where one listened that has ended.
#[tokio::test]
async fn commands_find_the_core_of_their_folder() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let listed = fixture.run(&["site", "list", "--output", "json"]).await;
    assert_eq!(read(&listed, "site list")[0]["name"], "default");
    served.terminate();
    served.ended().await;

    // What has ended says nothing any more; then the settings do.
    std::fs::write(fixture.path().join("provost.toml"), "[grpc]\nlisten = '127.0.0.1:1'").unwrap();
    let mut command = fixture.provost();
    command.env_remove("PROVOST_GRPC__LISTEN").args(["site", "list"]);
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("No core answers at http://127.0.0.1:1 "), "{said}");
}

#[tokio::test]
async fn a_refusal_is_one_sentence_with_its_reason() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    for (arguments, reason) in [
        (&["user", "show", "nobody@example.com"][..], "USER_NOT_FOUND"),
        (&["site", "create", "default"], "SITE_EXISTS"),
        (&["user", "list", "--site", "nowhere"], "SITE_NOT_FOUND"),
    ] {
        let output = fixture.operate(&served, arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(&format!("[{reason}]")), "{arguments:?}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
    let usage = fixture.operate(&served, &["user", "promote"]).await;
    assert_eq!(usage.status.code(), Some(64));

    served.kill().await;
    let output = fixture.operate(&served, &["site", "list"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains(&served.grpc.to_string()), "says where it looked: {said}");
}

/// Whoever writes a profile, a note or a name doesn't write to the operator's terminal.
#[tokio::test]
async fn what_others_wrote_does_nothing_to_a_terminal() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let title = "\u{1b}]0;owned\u{7}\u{9b}2J";
    let run = async |args: &[&str]| {
        let output = fixture.operate(&served, args).await;
        for printed in [&output.stdout, &output.stderr] {
            let printed = String::from_utf8(printed.clone()).unwrap();
            let acts = |character: char| {
                character.is_control() && character != '\n' || character == '\u{202e}'
            };
            assert!(!printed.contains(acts), "{args:?}: {printed:?}");
        }
        output
    };
    let name = ["--given-name", title, "--family-name", "nimda\u{202e}"];
    run(&[&["user", "register-sign-in", "ada"], &name[..]].concat()).await;
    run(&["user", "hold", "ada", "security", "--note", title]).await;
    let shown = String::from_utf8(run(&["user", "show", "ada"]).await.stdout).unwrap();
    assert!(shown.contains("\\u{1b}]0;owned\\u{7}\\u{9b}2J"), "{shown}");
    let shown = run(&["user", "show", "ada", "--output", "json"]).await.stdout;
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    assert_eq!(shown["profile"]["given_name"], title, "JSON says what is there");
    run(&["user", "list"]).await;
    run(&["user", "show", title]).await;
    for pretended in ["nimda\u{202e}", "\u{200b}", title] {
        let refused = run(&["user", "register-sign-in", pretended]).await;
        assert!(!refused.status.success(), "{pretended:?}");
        let refused = run(&["token", "create", "--name", pretended]).await;
        assert!(!refused.status.success(), "{pretended:?}");
    }
}

#[tokio::test]
async fn what_hinders_a_command_is_told_with_its_remedy() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let scim = format!("http://{}", served.http);
    let output = fixture.operate(&served, &["site", "list", "--address", &scim]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains(&format!("What answers at {scim} is no core")), "{said}");

    let mut command = fixture.provost();
    command.env("PROVOST_OPERATOR_TOKEN", "provost_op_of_another_house").args(["site", "list"]);
    let said = command.output().await.unwrap().stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("another operator token than PROVOST_OPERATOR_TOKEN"), "{said}");

    let file = fixture.path().join("other.token");
    std::fs::write(&file, "provost_op_of_another_house").unwrap();
    let file = file.to_str().unwrap();
    let output = fixture.operate(&served, &["site", "list", "--token-file", file]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("another operator token than {file}")), "{said}");
    assert!(said.contains("[TOKEN_INVALID]"), "{said}");
}

#[tokio::test]
async fn a_user_is_made_edited_and_deleted() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let run = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &arguments).await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let json = async |line: &str| -> Value {
        serde_json::from_str(&run(&format!("{line} --output json")).await).unwrap()
    };
    assert!(run("user list").await.contains("users come at their first sign-in"));
    assert_eq!(run("user list --role admin").await, "No such user.\n");

    let created =
        json("user create ada --given-name Ada --email a@b.example --role moderator").await;
    assert_eq!(created["user"]["role"], "Moderator");
    let edited =
        json("user edit ada --user-name ada.l --email ada@b.example --external-id 7").await;
    assert_eq!(edited["user"]["user_name"], "ada.l");
    assert_eq!(edited["user"]["external_id"], "7");
    assert_eq!(edited["user"]["profile"]["given_name"], "Ada");
    let emails = &edited["user"]["profile"]["emails"];
    assert_eq!(emails[0]["value"], "ada@b.example");
    assert_eq!(emails.as_array().unwrap().len(), 1, "{emails}");
    assert_eq!(json("user list --active yes").await[0]["user_name"], "ada.l");
    assert_eq!(json("user list --active no").await, Value::Array(Vec::new()));

    let table = run("user list").await;
    let id = edited["user"]["id"].as_str().unwrap();
    assert!(!table.contains(id) && run("user list --wide").await.contains(id), "{table}");
    let said = run("user delete ada.l").await;
    assert!(said.starts_with(&format!("ada.l ({id}) is deleted.")), "{said}");
    let gone = fixture.operate(&served, &["user", "show", "ada.l"]).await;
    assert!(String::from_utf8_lossy(&gone.stderr).contains("[USER_NOT_FOUND]"));
}

/// People see what fits a screen, programs a line for each row.
#[tokio::test]
async fn tables_are_as_wide_as_their_reader() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let name = "long.name.of.a.person.at.a.company@mail.of.the.company.example.com";
    let created = fixture.operate(&served, &["user", "create", name]).await;
    assert!(created.status.success());
    let settings = ["site", "settings", "set", "--user-name-assertion", name];
    assert!(fixture.operate(&served, &settings).await.status.success());
    assert!(fixture.operate(&served, &["group", "create", name]).await.status.success());
    for line in ["user list", "group list", "ledger list", "site settings show"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &arguments).await;
        let piped = String::from_utf8(output.stdout).unwrap();
        let (_, shown) = fixture.operate_at_terminal(&served, &arguments, ("", "")).await;
        assert!(shown.lines().all(|line| line.len() <= 80), "{shown}");
        match line {
            "user list" | "group list" => {
                assert!(piped.contains(name) && !shown.contains(name), "{piped}{shown}");
            }
            "site settings show" => assert!(piped.contains(name), "{piped}"),
            _ => {
                let events: Vec<Vec<&str>> =
                    piped.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
                let kinds = [
                    "group_created",
                    "settings_changed",
                    "user_created",
                    "token_created",
                    "site_created",
                ];
                assert!(events.iter().all(|event| kinds.contains(&event[3])), "{piped}");
                assert!(events.iter().all(|event| event[1].ends_with('Z')), "{piped}");
            }
        }
    }
}

#[tokio::test]
async fn connections_and_sites_are_deleted() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let run = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &arguments).await;
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let told = async |line: &str, code: i32, words: &str| {
        let (ended, said) = run(line).await;
        assert!(ended == Some(code) && said.contains(words), "{line}: {ended:?}: {said}");
    };
    told("site create acme", 0, "Site acme is made").await;
    told("connection create okta --site acme", 0, "Connection okta is made").await;
    let set = "connection set okta --site acme --dialect strict";
    told(set, 0, "Connection okta: dialect strict.").await;
    told("connection set okta --site acme", 64, "--dialect").await;
    told("token create --site acme --name one --connection okta", 0, "provost_scim_").await;
    told("token create --site acme --name one", 1, "[TOKEN_NAME_TAKEN]").await;
    told("connection delete okta --site acme", 0, "Connection okta is deleted, and its tok").await;
    told("connection delete okta --site acme", 1, "[CONNECTION_NOT_FOUND]").await;
    told("connection delete scim --site acme", 1, "[DEFAULT_NOT_DELETABLE]").await;
    told("token create --site acme --name one", 0, "provost_scim_").await;

    // Nobody is there to be asked.
    told("site delete acme", 64, "repeat its name with --confirm acme").await;
    told("site delete acme --confirm acne", 64, "nothing was deleted").await;
    told("site delete default --confirm default", 1, "[DEFAULT_NOT_DELETABLE]").await;
    told("token list --site acme", 0, "one").await;

    // Who is there is.
    let asked = ["site", "delete", "acme"];
    for (typed, code, words) in [
        ("acne\n", 64, "\"acne\" is not \"acme\", so nothing was deleted"),
        ("acme\n", 0, "Site acme is deleted, with its users"),
    ] {
        let prompt = ("Type its name to delete it: ", typed);
        let (ended, said) = fixture.operate_at_terminal(&served, &asked, prompt).await;
        assert!(said.contains("Site acme goes for good, with its users"), "{said}");
        assert!(ended == Some(code) && said.contains(words), "{ended:?}: {said}");
    }
    told("site create umbrella", 0, "Site umbrella is made").await;
    told("site delete umbrella --confirm umbrella", 0, "Site umbrella is deleted, with its").await;
    told("token list --site acme", 1, "[SITE_NOT_FOUND]").await;
    told("site delete acme --confirm acme", 1, "[SITE_NOT_FOUND]").await;
    told("site create acme", 1, "its ledger stays under the name").await;
}

#[tokio::test]
async fn what_identity_providers_need_is_told() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let default = format!("http://{}/api/scim/v2", served.http);
    let acme = format!("http://{}/c/acme/auth/scim/v2", served.http);
    for (line, url) in [
        ("site create acme", &acme),
        ("token create --name okta", &default),
        ("token create --site acme --name okta", &acme),
        ("site settings show", &default),
        ("site settings show --site acme", &acme),
    ] {
        let output = fixture.run(&line.split(' ').collect::<Vec<_>>()).await;
        let said = String::from_utf8_lossy(&output.stdout);
        let beside = String::from_utf8_lossy(&output.stderr);
        assert!(format!("{said}{beside}").contains(&format!("{url}\n")), "{line}: {said}{beside}");
        if line.starts_with("token") {
            assert!(said.starts_with("provost_scim_"), "the value alone: {said}");
        }
    }
    let protect = ["site", "settings", "set", "--protect", "nobody@example.com"];
    let output = fixture.run(&protect).await;
    let beside = String::from_utf8_lossy(&output.stderr);
    assert!(beside.contains("no user has the name \"nobody@example.com\" yet"), "{beside}");
}

#[tokio::test]
async fn the_last_use_of_a_token_outlives_the_process() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let list = ["token", "list", "--output", "json"];
    let tokens = read(&fixture.operate(&served, &list).await, "token list");
    assert_eq!(tokens[0]["last_use_time"], Value::Null);
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    };
    wire::send(served.http, &request).await.unwrap().expect(200);
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0));

    let again = fixture.serve().await;
    let tokens = read(&fixture.operate(&again, &list).await, "token list");
    assert!(tokens[0]["last_use_time"].is_string(), "{tokens}");
}

#[tokio::test]
async fn migrating_says_what_it_did() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let first = fixture.run(&["migrate"]).await;
    let said = String::from_utf8_lossy(&first.stdout);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.contains("identity"), "{said}");
    let second = fixture.run(&["migrate"]).await;
    assert!(second.status.success());
    assert!(!String::from_utf8_lossy(&second.stdout).contains("m20"), "nothing is left to do");
}

#[track_caller]
fn read(output: &Output, line: &str) -> Value {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {complaint}");
    match serde_json::from_slice(&output.stdout) {
        Ok(value) => value,
        Err(error) => panic!("{line}: {error}: {}", String::from_utf8_lossy(&output.stdout)),
    }
}

/// A link for somebody who is to have no operator token: it leads to the console that runs, and signs in once.
#[tokio::test]
async fn a_link_signs_somebody_in_at_the_console_that_runs() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    // As on the machine where it runs, without an address.
    let made = fixture.run(&["sign-in-link", "--reason", "handed to Ada"]).await;
    let link = String::from_utf8(made.stdout).unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let place = format!("http://{}/sign-in?code=", served.console);
    let code =
        link.trim().strip_prefix(&place).unwrap_or_else(|| panic!("{place}: {}", link.len()));
    let mut browser = Browser::at(served.console);
    let sent = browser.post("/sign-in", &[("code", code)]).await;
    assert_eq!(browser.follow(&sent).await.status, 200);
    let again = Browser::at(served.console).post("/sign-in", &[("code", code)]).await;
    assert_eq!(again.status, 403);
    let events =
        fixture.operate(&served, &["ledger", "list", "--installation", "--output", "json"]).await;
    let events: Value = serde_json::from_slice(&events.stdout).unwrap();
    let events = events.as_array().unwrap();
    assert!(events.iter().any(|event| event["reason"] == "handed to Ada"), "{events:?}");
    // Nobody says where the console of a core elsewhere is.
    let elsewhere = fixture.operate(&served, &["sign-in-link"]).await;
    assert_eq!(elsewhere.status.code(), Some(64));
    let named =
        ["sign-in-link", "--console-url", "https://console.example.com/", "--output", "json"];
    let named = fixture.operate(&served, &named).await;
    let named: Value = serde_json::from_slice(&named.stdout).unwrap();
    let link = named["link"].as_str().unwrap();
    assert!(link.starts_with("https://console.example.com/sign-in?code=provost_"), "{named}");
    assert!(named["expire_time"].is_string(), "{named}");
}

/// With a key of the installation a typed value can be shown again, on the command line and in the console.
#[tokio::test]
async fn a_typed_value_is_kept_and_shown_again_where_there_is_a_key() {
    const TYPED: &str = "correct-horse-battery-staple";
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let key = fixture.path().join("tokens.key");
    std::fs::write(&key, "5".repeat(64)).unwrap();
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, closed).unwrap();
    let served = fixture.serve_with(&[("PROVOST_TOKENS__KEY_FILE", key.to_str().unwrap())]).await;
    let mut browser = Browser::at(served.console);
    let operator = std::fs::read_to_string(fixture.path().join("data/operator.token")).unwrap();
    assert_eq!(browser.sign_in(&operator).await.status, 200);
    let settings = browser.get("/sites/default/settings").await.text();
    assert!(settings.contains("Keep a value of my own"), "{settings}");
    let form = [("token_id", ""), ("name", "typed"), ("value", TYPED), ("keep", "on")];
    let made = browser.post("/sites/default/tokens", &form).await.text();
    assert!(made.contains("can be shown again"), "{made}");

    let page = browser.get("/sites/default/settings").await.text();
    let way = page.split("href=\"").find(|part| part.contains("/show\"")).unwrap();
    let way = way.split('"').next().unwrap();
    let asked = browser.get(way).await.text();
    assert!(
        asked.contains("Show the value of the token typed?") && !asked.contains(TYPED),
        "{asked}"
    );
    let shown = browser.post(way, &[]).await;
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    assert!(shown.text().contains(TYPED), "{}", shown.text());
    let printed = fixture.operate(&served, &["token", "reveal", "typed"]).await;
    assert_eq!(String::from_utf8_lossy(&printed.stdout), format!("{TYPED}\n"));
    let revealed = ["ledger", "list", "--kind", "token_revealed", "--output", "json"];
    let revealed = read(&fixture.operate(&served, &revealed).await, "ledger list");
    assert_eq!(revealed.as_array().unwrap().len(), 2, "{revealed}");
    // One that is generated is never kept, and has nothing to show.
    let first = ["token", "reveal", "first"];
    let refused = fixture.operate(&served, &first).await;
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stderr));
}

//! The grammar of the command line.

use super::{Cli, CliCommand};

#[test]
fn the_definition_is_sound() {
    Cli::grammar().debug_assert();
}

#[test]
fn no_command_means_serve_and_settings_may_stand_anywhere() {
    let cli = Cli::parsed(["provost", "--http-listen", "127.0.0.1:1"]).unwrap();
    assert!(cli.command.is_none());
    assert_eq!(cli.flags.http_listen.as_deref(), Some("127.0.0.1:1"));

    let cli = Cli::parsed(["provost", "serve", "--data-dir", "x"]).unwrap();
    assert!(matches!(cli.command, Some(CliCommand::Serve)));
    assert_eq!(cli.flags.data_dir.as_deref(), Some("x"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line for each command")]
fn every_documented_command_parses() {
    let lines = [
        "core",
        "gateway",
        "migrate",
        "config",
        "config --defaults",
        "completions zsh",
        "site create acme",
        "site delete acme --confirm acme",
        "site list --output json",
        "site settings show --site acme",
        "site settings set --manage-user-roles true --creation create --deletion deactivate",
        "site settings set --enabled false --allow-moderator-promotion true --allow-admin-promotion false",
        "site settings set --refusals reject --protect root@example.com --protect b --unprotect c",
        "site settings set --status-authority local --single-sign-on no --user-name-assertion NameID",
        "connection create okta",
        "connection set okta --dialect strict",
        "connection delete okta --site acme",
        "connection list --site acme --output json",
        "token create --name okta --connection okta --expires 90d",
        "token create --name typed --value-from-stdin",
        "token create --name typed --value-from-stdin --keep-value",
        "token reveal typed --site acme --reason lost --output json",
        "token list --site acme --address http://core:1 --token-file f",
        "token revoke 00000000-0000-0000-0000-000000000000",
        "user register-sign-in ada --given-name A --family-name L --display-name AL --email a@b.c",
        "user create ada --given-name A --email a@b.c --role admin --external-id 1",
        "user edit ada --user-name ada2 --email a@b.d --display-name x",
        "user delete ada",
        "site settings set --enabled yes --allow-admin-promotion no",
        "user list --active yes --wide",
        "token list --wide",
        "token revoke okta-2029",
        "sign-in-link --console-url https://console.example.com --reason handover",
        "user show ada --output json",
        "user list --role admin --active false --user-name-starts-with a --limit 5",
        "user activate ada",
        "user deactivate ada --note gone",
        "user set-role ada Moderator",
        "user hold ada security --note incident",
        "group list",
        "group list --name-starts-with g --member ada --limit 5 --wide --site acme",
        "group show guides --output json",
        "group create Guides --external-id 7 --member ada --member b --reason x",
        "group edit guides --name Pilots --external-id= --reason x",
        "group delete guides --reason x",
        "group members list guides --limit 5 --output json",
        "group members add guides ada grace --reason x",
        "group members remove guides ada --reason x",
        "group rule list --site acme --output json",
        "group rule set guides Moderator --dry-run",
        "group rule set guides Admin --reason x --output json",
        "group rule delete guides --dry-run --output json",
        "group rule delete guides --reason x",
        "ledger watch --all-sites --from earliest --output json",
        "ledger watch --site acme --wide",
        "ledger list --site acme --user ada --caller connection:okta --kind user_changed",
        "ledger list --outcome refused --reason LAST_ADMIN --oldest-first --limit 5 --wide",
        "ledger list --from 2030-01-31 --until 2030-01-31T12:00:00Z --output json",
        "ledger show",
        "ledger show 12 --output json",
        "user lift ada security --reason x",
        "user batch leavers.txt --site acme --reason x",
        "user batch - --all-or-nothing --output json",
        "user register-sign-in ada --reason x",
        "user create ada --reason x",
        "user edit ada --display-name x --reason x",
        "user delete ada --reason x",
        "user activate ada --reason x",
        "user deactivate ada --reason x",
        "user set-role ada Moderator --reason x",
        "user hold ada security --reason x",
        "site create acme --reason x",
        "site delete acme --reason x",
        "site settings set --enabled no --reason x",
        "connection create okta --reason x",
        "connection delete okta --reason x",
        "token create --name okta --reason x",
        "token revoke okta --reason x",
        "ledger list --installation --kind grant_changed",
        "ledger show --installation 12",
        "service create billing --reason x",
        "service list --output json",
        "service grant billing --site acme --permission read_users --permission change_roles --highest-role Moderator",
        "service grant sign-on --all-sites --permission register_sign_ins",
        "service remove-grant billing --site acme",
        "service delete billing --reason x",
        "service explain billing UserService/GetUser",
        "service explain billing UserService/SetUserRole --site acme --current-role Admin --requested-role Moderator",
        "service explain billing AccessService/PutGrant --all-sites --output json",
        "service token create billing --name production --expires 90d",
        "status",
        "status --output json",
        "doctor --url https://id.example.com/api/scim/v2 --token t --user test@example.com",
        "doctor --url http://127.0.0.1:8080/api/scim/v2 --token-file - --idp okta --idp entra",
        "doctor --url https://id.example.com/scim --dry-run --idp onelogin --output json",
        "doctor --url https://id.example.com/scim --ca ca.pem --time-limit 5s",
        "service token list billing",
        "service token revoke billing production",
    ];
    for line in lines {
        let words = std::iter::once("provost").chain(line.split_whitespace());
        let parsed = Cli::parsed(words);
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}

#[test]
fn contradictions_are_refused() {
    let lines = [
        "site settings set",
        "site settings set --manage-user-roles true --allow-admin-promotion false",
        "user set-role ada Emperor",
        "user list --limit 0",
        "user batch",
        "group edit guides",
        "group members add guides",
        "group rule set guides",
        "group rule set guides Emperor",
        "group rule list --dry-run",
        "group list --limit 0",
        "group show guides --reason x",
        "ledger list --from yesterday",
        "ledger list --outcome done",
        "ledger show first",
        "token create",
        "user edit ada",
        "site settings set --enabled maybe",
        "site settings set --reason x",
        "user show ada --reason x",
        "token list --reason x",
        "ledger list --site acme --installation",
        "service list --reason x",
        "doctor",
        "doctor --url https://x/scim --token t --token-file f",
        "doctor --url https://x/scim --token t --idp ping",
        "service explain billing UserService/GetUser --site acme --all-sites",
        "service grant billing --permission read_users",
        "service grant billing --site acme --all-sites --permission read_users",
        "service grant billing --site acme",
        "service grant billing --site acme --permission unspecified",
    ];
    for line in lines {
        let words = std::iter::once("provost").chain(line.split_whitespace());
        assert!(Cli::parsed(words).is_err(), "{line}");
    }
}

#[test]
fn help_shows_only_flags_that_do_something() {
    let shown = |command: &str| {
        let words = std::iter::once("provost").chain(command.split(' ')).chain(["--help"]);
        Cli::parsed(words).unwrap_err().to_string()
    };
    let flags = [
        "--config",
        "--data-dir",
        "--http-listen",
        "--grpc-listen",
        "--console-listen",
        "--admin-listen",
        "--database-url",
    ];
    for (command, some) in [
        ("serve", [true, true, true, true, true, true, true]),
        ("core", [true, true, false, true, false, true, true]),
        ("gateway", [true, false, true, false, false, true, false]),
        ("console", [true, false, false, false, true, true, false]),
        ("migrate", [true, true, false, false, false, false, true]),
        ("token", [true, true, false, false, false, false, false]),
        ("token list", [true, true, false, false, false, false, false]),
        ("site settings set", [true, true, false, false, false, false, false]),
        ("user show", [true, true, false, false, false, false, false]),
        ("group rule set", [true, true, false, false, false, false, false]),
        ("ledger list", [true, true, false, false, false, false, false]),
        ("status", [true, true, false, false, false, false, false]),
        ("sign-in-link", [true, true, false, false, false, false, false]),
        ("connection list", [true, true, false, false, false, false, false]),
        ("config", [true, true, true, true, true, true, true]),
        ("doctor", [false, false, false, false, false, false, false]),
        ("completions", [false, false, false, false, false, false, false]),
    ] {
        let help = shown(command);
        for (flag, does_something) in flags.into_iter().zip(some) {
            assert_eq!(help.contains(flag), does_something, "{command} {flag}\n{help}");
        }
    }
}

#[test]
fn a_flag_that_would_do_nothing_is_refused_in_words() {
    for (command, line) in [
        ("token", "token list --grpc-listen 127.0.0.1:1"),
        ("token", "token --grpc-listen 127.0.0.1:1 list"),
        ("token", "--grpc-listen 127.0.0.1:1 token list"),
        ("group", "group list --grpc-listen 127.0.0.1:1"),
        ("group", "group --grpc-listen 127.0.0.1:1 rule list"),
        ("ledger", "ledger list --grpc-listen 127.0.0.1:1"),
    ] {
        let words = std::iter::once("provost").chain(line.split_whitespace());
        let error = Cli::parsed(words).unwrap_err().to_string();
        let sentence =
            format!("error: --grpc-listen does nothing for `provost {command}`: leave it out");
        assert!(error.starts_with(&sentence), "{line}: {error}");
    }
}

/// Whoever asks a core that runs says to it by `--address` where it is, and whoever runs one says where it listens.
#[test]
fn no_command_that_asks_a_core_takes_where_one_listens() {
    let grammar = Cli::grammar();
    let asks = |command: &&clap::Command| {
        let has = |id| command.get_arguments().any(|flag| flag.get_id() == id);
        has("address") && has("token_file")
    };
    let asking: Vec<_> =
        grammar.get_subcommands().filter(asks).map(clap::Command::get_name).collect();
    assert!(asking.contains(&"group") && asking.contains(&"ledger"), "{asking:?}");
    for command in asking {
        let help = Cli::parsed(["provost", command, "--help"]).unwrap_err().to_string();
        for flag in ["--http-listen", "--grpc-listen", "--console-listen", "--admin-listen"] {
            assert!(!help.contains(flag), "{command} {flag}\n{help}");
        }
    }
}

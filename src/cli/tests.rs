//! The grammar of the command line.

use clap::{CommandFactory as _, Parser as _};

use super::{Cli, Role};

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn no_command_means_serve_and_settings_may_stand_anywhere() {
    let cli = Cli::try_parse_from(["provost", "--http-listen", "127.0.0.1:1"]).unwrap();
    assert!(cli.role.is_none());
    assert_eq!(cli.flags.http_listen.as_deref(), Some("127.0.0.1:1"));

    let cli = Cli::try_parse_from(["provost", "serve", "--data-dir", "x"]).unwrap();
    assert!(matches!(cli.role, Some(Role::Serve)));
    assert_eq!(cli.flags.data_dir.as_deref(), Some("x"));
}

#[test]
fn every_documented_command_parses() {
    let lines = [
        "core",
        "gateway",
        "migrate",
        "config",
        "config --defaults",
        "completions zsh",
        "site create acme",
        "site list --output json",
        "site settings show --site acme",
        "site settings set --manage-user-roles true --creation create --deletion deactivate",
        "site settings set --enabled false --allow-moderator-promotion true --allow-admin-promotion false",
        "site settings set --refusals reject --protect root@example.com --protect b --unprotect c",
        "connection create okta",
        "connection list --site acme --output json",
        "token create --name okta --connection okta --expires 90d",
        "token create --name typed --value-from-stdin",
        "token list --site acme --address http://core:1 --token-file f",
        "token revoke 00000000-0000-0000-0000-000000000000",
        "user register-sign-in ada --given-name A --family-name L --display-name AL --email a@b.c",
        "user show ada --output json",
        "user list --role admin --active false --user-name-starts-with a --limit 5",
        "user activate ada",
        "user deactivate ada --note gone",
        "user set-role ada Moderator",
        "user hold ada security --note incident",
        "user lift ada security",
    ];
    for line in lines {
        let words = std::iter::once("provost").chain(line.split_whitespace());
        let parsed = Cli::try_parse_from(words);
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
        "token create",
    ];
    for line in lines {
        let words = std::iter::once("provost").chain(line.split_whitespace());
        assert!(Cli::try_parse_from(words).is_err(), "{line}");
    }
}

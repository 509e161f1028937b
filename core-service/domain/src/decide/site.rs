//! Commands about sites and their settings.

use super::Context;
use super::grants::take_grants_about;
use super::permit::{permit_policy, permit_retention};
use crate::state::asked_for;
use crate::{
    Answer, Command, Connection, ConnectionName, ConnectionPolicy, Decision, Event, EventBody,
    GroupRules, MetadataKey, NameHolder, Outcome, Reason, Refusal, SettingsChange, Site, SiteId,
    SiteName, State,
};

/// Makes a site with its first connection.
pub(super) fn create(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &SiteName,
) -> Result<Decision, Refusal> {
    let taken = |message| {
        let refusal = Refusal::about(Reason::SiteExists, "name", message);
        Err(refusal.naming(MetadataKey::Site, name.as_str()))
    };
    match state.holder(name) {
        None => {}
        Some(NameHolder::Site) => return taken("a site of this name exists"),
        Some(NameHolder::DeletedSite) => {
            return taken(
                "a site of this name was deleted, and its ledger stays under the name; choose \
                 another name",
            );
        }
    }
    command.check_version("site", 0)?;
    let site = Site {
        id: SiteId(asked_for(state.next_site, "the key of the next site")),
        name: name.as_str().to_owned(),
        revision: 0,
        last_event_at: None,
        version: 1,
        policy: ConnectionPolicy::default(),
        created_at: context.now,
        group_rules: GroupRules::default(),
        group_count: 0,
    };
    if !command.validate_only {
        state.next_site = Some(site.id.0 + 1);
        state.site_names.insert(name.clone(), Some(NameHolder::Site));
        state.put_site(site.clone());
        let (key, name) = (state.take_connection_key(), ConnectionName::first());
        state.put_connection(Connection::new(key, site.id, name, context.now));
        let body = EventBody::SiteCreated { after: site.policy.clone() };
        state.record(event(context, command, site.id, body));
    }
    let revision = state.head(site.id);
    let answer = Answer::Site(site);
    Ok(Decision { answer, changed: true, notices: Vec::new(), revision })
}

/// Deletes the site. Its ledger stays, and what else is of it is removed later. What services might do in
/// it is taken from them, each in a line of the ledger of the installation.
pub(super) fn delete(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.clone();
    if site.name == SiteName::DEFAULT {
        return Err(Refusal::about(
            Reason::DefaultNotDeletable,
            "site",
            "the site default can't be deleted, because it is meant where no site is named; \
             switch SCIM off for it, and revoke its tokens",
        ));
    }
    command.check_version("site", site.version)?;
    let mut revision = state.head(site.id);
    if !command.validate_only {
        let body = EventBody::SiteDeleted { before: site.policy.clone() };
        revision = state.record(event(context, command, site.id, body));
        take_grants_about(state, context, command, &site);
        state.remove_site(site.id, context.now);
    }
    Ok(Decision { answer: Answer::Deleted, changed: true, notices: Vec::new(), revision })
}

/// Changes what connections may do in the site.
pub(super) fn update(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    change: &SettingsChange,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?;
    command.check_version("site", site.version)?;
    change.check_limits()?;
    let policy = change.applied_to(&site.policy);
    permit_policy(state, command, site, &policy)?;
    permit_retention(command, &site.policy, &policy)?;
    SettingsChange::check_result(&site.policy, &policy)?;
    let changed = policy != site.policy;
    let (id, version) = (site.id, site.version + i64::from(changed));
    if changed && !command.validate_only {
        let (before, after) = (site.policy.clone(), policy.clone());
        let site = Site { version, policy: policy.clone(), ..site.clone() };
        let body = EventBody::SettingsChanged { before, after };
        let event = event(context, command, site.id, body);
        state.put_site(site);
        state.record(event);
    }
    let revision = state.head(id);
    let answer = Answer::Settings { policy, version };
    Ok(Decision { answer, changed, notices: Vec::new(), revision })
}

/// The line about something that was done as it was asked.
pub(super) fn event(
    context: &Context<'_>,
    command: &Command,
    site: SiteId,
    body: EventBody,
) -> Event {
    Event {
        site,
        revision: 0,
        user: None,
        previous: None,
        standing: None,
        at: context.now,
        caller: command.caller.clone(),
        on_behalf_of: command.on_behalf_of,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body,
        trace_id: command.trace_id.clone(),
        reason: command.reason.clone(),
    }
}

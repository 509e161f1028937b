//! Pages of groups and of their members: each once, in the order of ids.

use super::*;

on_both_databases!(groups_come_in_pages, members_come_in_pages_and_with_their_groups);

async fn groups_come_in_pages(fixture: Fixture) {
    let mut expected = Vec::new();
    for number in 0..7 {
        expected.push(make(&fixture, &format!("group-{number}"), &[]).await.id);
    }
    let mut groups = fixture.groups();
    let page = |page_size| v1::ListGroupsRequest {
        site: SITE.to_owned(),
        page_size,
        ..v1::ListGroupsRequest::default()
    };
    for size in 1..=8 {
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListGroupsRequest { page_token, ..page(size) };
            let found = groups.list_groups(request).await.unwrap().into_inner();
            seen.extend(found.groups.into_iter().map(|group| group.id));
            page_token = found.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {size}");
    }
    let skipped = v1::ListGroupsRequest { skip: 5, count_total: true, ..page(5) };
    let found = groups.list_groups(skipped).await.unwrap().into_inner();
    let ids: Vec<_> = found.groups.into_iter().map(|group| group.id).collect();
    assert_eq!((ids, found.total), (expected[5..].to_vec(), Some(7)));
    let counted = v1::ListGroupsRequest { count_only: true, ..page(1) };
    let found = groups.list_groups(counted).await.unwrap().into_inner();
    assert_eq!((found.groups.len(), found.total), (0, Some(7)));
    // How many there are altogether is kept and not counted.
    fixture.rows("UPDATE sites SET group_count = 99 WHERE id > 0").await;
    let found = groups.list_groups(v1::ListGroupsRequest { count_only: true, ..page(1) }).await;
    assert_eq!(found.unwrap().into_inner().total, Some(99));
    fixture.rows("UPDATE sites SET group_count = 7 WHERE id > 0").await;
    let first = groups.list_groups(page(2)).await.unwrap().into_inner().next_page_token;
    for (request, field) in [
        (page(-1), "page_size"),
        (v1::ListGroupsRequest { skip: -1, ..page(1) }, "skip"),
        (v1::ListGroupsRequest { skip: 1, page_token: first.clone(), ..page(1) }, "skip"),
        (v1::ListGroupsRequest { member_limit: -1, ..page(1) }, "member_limit"),
        (v1::ListGroupsRequest { page_token: "zz".to_owned(), ..page(1) }, "page_token"),
    ] {
        let refused = groups.list_groups(request).await.unwrap_err();
        let violations = tonic_types::StatusExt::get_details_bad_request(&refused).unwrap();
        assert_eq!(violations.field_violations[0].field, field);
    }
}

async fn members_come_in_pages_and_with_their_groups(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob", "cid", "dan", "eve"]).await;
    let all: Vec<_> = people.iter().map(String::as_str).collect();
    let made = [
        make(&fixture, "All", &all).await.id,
        make(&fixture, "Nobody", &[]).await.id,
        make(&fixture, "Two", &all[1..3]).await.id,
    ];
    let expected = [&all[..], &[], &all[1..3]];
    let mut groups = fixture.groups();
    for limit in 0..=8 {
        let request = v1::ListGroupsRequest {
            site: SITE.to_owned(),
            member_limit: limit,
            ..v1::ListGroupsRequest::default()
        };
        let listed = groups.list_groups(request).await.unwrap().into_inner().groups;
        let ids: Vec<_> = listed.iter().map(|group| &*group.id).collect();
        assert_eq!(ids, made);
        let came: usize = listed.iter().map(|group| group.members.len()).sum();
        assert_eq!(came, usize::try_from(limit).unwrap().min(7));
        for (group, expected) in listed.iter().zip(expected) {
            let mut seen: Vec<String> = owned(&member_ids(group));
            let mut page_token = group.next_member_page_token.clone();
            assert!(limit > 0 || page_token.is_empty());
            while !page_token.is_empty() {
                let request = v1::ListGroupMembersRequest {
                    site: SITE.to_owned(),
                    group_id: group.id.clone(),
                    page_size: 2,
                    page_token,
                    ..v1::ListGroupMembersRequest::default()
                };
                let page = groups.list_group_members(request).await.unwrap().into_inner();
                seen.extend(page.members.into_iter().map(|member| member.user_id));
                page_token = page.next_page_token;
            }
            assert!(limit == 0 || seen == expected, "{limit}: {seen:?}");
        }
    }
    let one = v1::GetGroupRequest {
        site: SITE.to_owned(),
        group_id: made[0].clone(),
        member_limit: 2,
        ..v1::GetGroupRequest::default()
    };
    let one = groups.get_group(one).await.unwrap().into_inner().group.unwrap();
    assert_eq!(member_ids(&one), all[..2]);
    // The token of one group is none of another's.
    let request = v1::ListGroupMembersRequest {
        site: SITE.to_owned(),
        group_id: made[2].clone(),
        page_token: one.next_member_page_token,
        ..v1::ListGroupMembersRequest::default()
    };
    let refused = groups.list_group_members(request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
}

//! Copies of the data of the embedded Oura, with faults.

use std::collections::BTreeMap;

use oura_generated::models::Workout;
use oura_generated::oauth::MemoryStore;
use oura_generated::testing::{Fault, Oura, Target, User};
use oura_generated::time::Duration;
use oura_generated::{Client, Resource, RetryPolicy, serde_json};
use serde_json::Value;

use super::{Chance, Store, text, today};

/// Faults that do not occur again when the calls are repeated.
const FAULTS: [Fault; 6] = [
    Fault::Status(500),
    Fault::Status(503),
    Fault::Reset,
    Fault::Truncate,
    Fault::Html,
    Fault::InvalidJson,
];

fn oura(chance: &mut Chance) -> Oura {
    let page = chance.of(&[1_000, 2_000, 5_000]);
    let oura = Oura::builder().page_size(page).seed(chance.below(1_000));
    oura.in_memory().expect("nothing is in the way")
}

/// A client whose token refreshes itself.
async fn client(oura: &Oura, user: &User) -> Client {
    let oauth = oura.oauth().build().expect("it is set up right");
    let session = oauth.session(user.token(), MemoryStore::new());
    let client = oura.client_builder().retry(RetryPolicy::none());
    client
        .token_source(session)
        .build()
        .expect("it is set up right")
}

/// All documents of a resource that the server has, sorted.
async fn all(client: &Client, resource: Resource) -> Vec<String> {
    let route = resource.list_route().expect("it has a list");
    let (start, end) = (today() - Duration::days(90), today() + Duration::days(3));
    let mut documents = Vec::new();
    let mut cursor = None;
    loop {
        let mut call = client.raw(route.method(), route.path_template());
        let bound = |day, ending| format!("{}{ending}", text(day));
        for (name, day) in [("start", start), ("end", end)] {
            let (date, moment) = (format!("{name}_date"), format!("{name}_datetime"));
            if route.query_params().contains(&date.as_str()) {
                call = call.query(date, bound(day, ""));
            } else if route.query_params().contains(&moment.as_str()) {
                call = call.query(moment, bound(day, "T00:00:00Z"));
            }
        }
        if let Some(cursor) = cursor {
            call = call.query("next_token", cursor);
        }
        let page = call.await.expect("a page");
        let list = page["data"].as_array().expect("a list");
        documents.extend(list.iter().map(Value::to_string));
        cursor = page["next_token"].as_str().map(str::to_owned);
        if cursor.is_none() {
            documents.sort();
            return documents;
        }
    }
}

async fn assert_same(store: &Store, client: &Client, what: &str) {
    for resource in Resource::ALL {
        let mut copy: Vec<String> = store
            .json(*resource)
            .iter()
            .map(|json| {
                let json: Value = serde_json::from_str(json).expect("it is JSON");
                json.to_string()
            })
            .collect();
        copy.sort();
        let all = all(client, *resource).await;
        let wrong = copy.iter().filter(|it| all.binary_search(it).is_err());
        let missing = all.iter().filter(|it| copy.binary_search(it).is_err());
        let different: Vec<&String> = wrong.chain(missing).take(3).collect();
        assert!(different.is_empty(), "{what}, {resource}: {different:?}");
        assert_eq!(copy.len(), all.len(), "{what}, {resource}");
    }
}

/// Changes, removes and adds documents of the last days.
async fn change(user: &User, client: &Client, chance: &mut Chance) {
    let mut workout = Workout::example();
    workout.id = format!("new-{}", chance.below(1 << 20));
    workout.day = today() - Duration::days(chance.below(12) as i64);
    user.put(workout);
    let recent = today() - Duration::days(12);
    let page = client
        .list_workout()
        .start_date(recent)
        .end_date(today())
        .await;
    for mut workout in page.expect("a page").data {
        match chance.below(4) {
            0 => assert!(user.remove(Resource::Workout, &workout.id)),
            1 => {
                workout.label = Some(format!("{}", chance.below(100)));
                user.put(workout);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_store_has_what_oura_has() {
    for seed in 0..6 {
        let chance = &mut Chance(seed);
        let oura = oura(chance);
        let alice = oura.add_user("alice");
        let client = client(&oura, &alice).await;
        let since = today() - Duration::days(60);
        let mut store = Store::default();
        for run in 0..4 {
            let faults: Vec<_> = (0..chance.below(3))
                .map(|_| {
                    let route = chance
                        .of(Resource::ALL)
                        .list_route()
                        .expect("it has a list");
                    oura.fail(Target::Route(route), chance.of(&FAULTS))
                })
                .collect();
            // Only once: a session does not refresh a token that is refused within minutes.
            if run == 1 {
                alice.expire_token();
            }
            let sync = client.sync().since(since).resume(store.checkpoints());
            let mut batches = sync.batches();
            for _ in 0..chance.below(40) {
                match futures_util::TryStreamExt::try_next(&mut batches).await {
                    Ok(Some(batch)) => store.apply(batch),
                    Ok(None) | Err(_) => break,
                }
            }
            drop((batches, faults));
            change(&alice, &client, chance).await;
        }
        let sync = client.sync().since(since).resume(store.checkpoints());
        let last = store.apply_all(&mut sync.batches()).await;
        last.expect("nothing is in the way");
        assert_same(&store, &client, &format!("seed {seed}")).await;
        let complaints = oura.complaints();
        assert!(complaints.is_empty(), "{complaints:?}");
    }
}

#[tokio::test]
async fn a_run_sends_one_request_for_each_page() {
    let oura = Oura::builder()
        .page_size(1_000)
        .in_memory()
        .expect("nothing is in the way");
    let alice = oura.add_user("alice");
    let mut store = Store::default();
    let sync = alice.client().sync().since(today() - Duration::days(29));
    store.apply_all(&mut sync.batches()).await.expect("a page");
    let mut counts = BTreeMap::new();
    for asked in oura.requests() {
        *counts.entry(asked.route.expect("a list")).or_insert(0) += 1;
    }
    for resource in Resource::ALL {
        let rows = store.json(*resource).len();
        let route = resource.list_route().expect("it has a list");
        // The rows of a minute before and after the span may be on one more page.
        let pages = rows / 1_000 + 1;
        assert!(
            counts[&route] <= pages + 1,
            "{resource}: {} for {rows} rows",
            counts[&route]
        );
    }
    assert_same(&store, &alice.client(), "at once").await;
}

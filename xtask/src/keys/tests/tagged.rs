//! Public halves in the tags of the secret.

use super::*;

/// Lets the tags say what a deploy would write into them.
async fn tagged(client: &Client) -> Secret {
    let secret = found(client).await.unwrap().unwrap();
    secret::tag(client, NAME, &secret.tagging).await.unwrap();
    found(client).await.unwrap().unwrap()
}

#[test]
fn who_may_read_no_value_knows_the_public_halves_by_their_tags() {
    let world = world();
    let client = client(&world);
    run(async {
        ensured(&client).await.unwrap();
        let before = tagged(&client).await;
        propose(&client, NAME, &before).await.unwrap();
        let read = tagged(&client).await;
        assert!(read.pending.is_some() && read.tagging == Tagging::default(), "{read:?}");
        world.lock().unwrap().refusal = Some("AccessDeniedException");
        assert_eq!(look(&client, NAME, By::Tags).await.unwrap(), Some(read));
        assert!(found(&client).await.is_err(), "a deploy goes by the values");
    });
}

#[test]
fn a_secret_without_tags_is_read_by_who_may_and_told_as_unknown_to_who_may_not() {
    let world = world();
    let client = client(&world);
    run(async {
        let made = ensured(&client).await.unwrap();
        assert_eq!(look(&client, NAME, By::Tags).await.unwrap(), Some(made.clone()));
        assert_eq!(made.tagging.write.len(), 1, "the deploy writes it");
        world.lock().unwrap().refusal = Some("AccessDeniedException");
        let secret::Found::Sealed(known) = secret::look(&client, NAME, By::Tags).await.unwrap() else { panic!() };
        assert_eq!((known.arn, known.current), (made.arn, made.current.id));
        let error = look(&client, NAME, By::Tags).await.unwrap_err().to_string();
        assert!(error.contains(NAME) && error.contains("may not be read"), "{error}");
    });
}

#[test]
fn a_wrong_tag_is_put_right_and_one_of_a_version_that_is_gone_is_taken_off() {
    let world = world();
    let client = client(&world);
    run(async {
        ensured(&client).await.unwrap();
        let first = tagged(&client).await;
        rotate(&client).await;
        rotate(&client).await;
        let other = tagged(&client).await;
        let public = |world: &World| -> Vec<String> {
            world.tags.keys().filter_map(|key| key.strip_prefix("public-")).map(str::to_owned).collect()
        };
        let there = [&other.current, other.previous.as_ref().unwrap()].map(|version| version.id.clone());
        assert_eq!(BTreeSet::from_iter(public(&world.lock().unwrap())), BTreeSet::from(there));
        assert_ne!(first.current.id, other.current.id);

        let key = format!("public-{}", other.current.id);
        let wrong = world.lock().unwrap().tags.values().find(|value| value.contains(' ')).unwrap().clone();
        world.lock().unwrap().tags.insert(key.clone(), wrong.replace('A', "B"));
        let told = found(&client).await.unwrap().unwrap();
        assert_eq!((&told.current, told.tagging.write.len()), (&other.current, 1), "the value is what counts");
        assert_eq!(tagged(&client).await, other);
    });
}

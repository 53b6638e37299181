//! What is due with the certificates: a pure function of the Secret's contents, the names to serve, and the time.

use std::fmt;

use time::{Duration, OffsetDateTime};

use crate::contents::{Contents, Facts};
use crate::{IssueError, issue, resolver};

/// How long a new CA is published before a leaf is signed by it. The controller applies it within seconds; an hour
/// covers a controller that is down for a while.
pub const PROPAGATION: Duration = Duration::hours(1);

/// What is due, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// All is well.
    Keep,
    /// Make a CA and a leaf; nothing there can be used.
    Create(&'static str),
    /// Publish a new CA beside the old one. The leaf stays.
    RotateCa(&'static str),
    /// Sign a new leaf by the current CA.
    RenewLeaf(&'static str),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("keep the certificates"),
            Self::Create(why) => write!(f, "create CA and serving certificate: {why}"),
            Self::RotateCa(why) => write!(f, "publish a new CA: {why}"),
            Self::RenewLeaf(why) => write!(f, "renew the serving certificate: {why}"),
        }
    }
}

/// What is due at `now` so that `names` (DNS names) are served by a certificate that the published bundle vouches for.
#[must_use]
pub fn decide(contents: &Contents, names: &[String], now: OffsetDateTime) -> Action {
    let Some(ca) = Facts::of(&contents.ca_bundle) else {
        return Action::Create("there is no readable CA certificate");
    };
    if !issue::is_key_of(&contents.ca_key, &ca.public_key) {
        return Action::Create("the CA's key is unreadable or belongs to another certificate");
    }
    if now >= ca.not_after {
        return Action::Create("the CA has expired");
    }
    if now >= ca.renewal_time() {
        return Action::RotateCa("two thirds of the CA's life are over");
    }
    let Some(leaf) = Facts::of(&contents.tls_cert) else {
        return Action::RenewLeaf("there is no readable serving certificate");
    };
    if resolver::certified_key(&contents.tls_cert, &contents.tls_key).is_err() {
        return Action::RenewLeaf("its key is unreadable or belongs to another certificate");
    }
    if !names.iter().all(|name| leaf.dns_names.contains(name)) {
        return Action::RenewLeaf("it lacks a name");
    }
    let published = now >= ca.not_before + issue::BACKDATED + PROPAGATION;
    let of_old_ca = leaf.issuer != ca.subject;
    if of_old_ca && published {
        return Action::RenewLeaf("the new CA has been published long enough");
    }
    // A leaf of the old CA that is still good waits for the new one to be published.
    let may_wait = of_old_ca && now < leaf.not_after;
    if now >= leaf.renewal_time() && !may_wait {
        return Action::RenewLeaf("two thirds of its life are over");
    }
    Action::Keep
}

impl Action {
    /// The contents after this action; none where nothing changes.
    pub fn carry_out(
        self,
        contents: &Contents,
        names: &[String],
        now: OffsetDateTime,
    ) -> Result<Option<Contents>, IssueError> {
        match self {
            Self::Keep => Ok(None),
            Self::Create(_) => issue::create(names, now).map(Some),
            Self::RotateCa(_) => issue::rotate_ca(contents, now).map(Some),
            Self::RenewLeaf(_) => issue::renew_leaf(contents, names, now).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn names() -> Vec<String> {
        vec!["jmx-injector-webhook.jmx-injector.svc".to_owned()]
    }

    fn carry_out(action: Action, contents: &Contents, now: OffsetDateTime) -> Contents {
        action.carry_out(contents, &names(), now).unwrap().unwrap()
    }

    fn fresh() -> Contents {
        let empty = Contents::default();
        let action = decide(&empty, &names(), START);
        assert!(matches!(action, Action::Create(_)), "{action}");
        carry_out(action, &empty, START)
    }

    #[test]
    fn fresh_certificates_are_kept() {
        let contents = fresh();
        assert_eq!(decide(&contents, &names(), START), Action::Keep);
        assert_eq!(decide(&contents, &names(), START + Duration::days(59)), Action::Keep);
    }

    #[test]
    fn the_leaf_is_renewed_in_time_and_by_the_same_ca() {
        let contents = fresh();
        let later = START + Duration::days(61);
        let action = decide(&contents, &names(), later);
        assert_eq!(action, Action::RenewLeaf("two thirds of its life are over"));
        let renewed = carry_out(action, &contents, later);
        assert_eq!(renewed.ca_bundle, contents.ca_bundle);
        assert_ne!(renewed.tls_cert, contents.tls_cert);
        assert_eq!(decide(&renewed, &names(), later), Action::Keep);
    }

    #[test]
    fn a_new_name_needs_a_new_leaf() {
        let mut more = names();
        more.push("other.jmx-injector.svc".to_owned());
        assert_eq!(decide(&fresh(), &more, START), Action::RenewLeaf("it lacks a name"));
    }

    #[test]
    fn a_new_ca_is_published_before_it_signs() {
        let contents = fresh();
        let later = START + Duration::days(3650 * 2 / 3 + 1);
        let action = decide(&contents, &names(), later);
        assert!(matches!(action, Action::RotateCa(_)), "{action}");
        let mut rotated = carry_out(action, &contents, later);
        assert!(rotated.ca_bundle.ends_with(&contents.ca_bundle), "the old CA is still trusted");
        assert_eq!(rotated.tls_cert, contents.tls_cert);

        // The leaf ran out long ago in this test; take one that the old CA signed and that is due for renewal.
        let old = carry_out(Action::RenewLeaf(""), &contents, later - Duration::days(70));
        (rotated.tls_cert, rotated.tls_key) = (old.tls_cert, old.tls_key);
        assert_eq!(decide(&rotated, &names(), later), Action::Keep);
        let published = later + PROPAGATION;
        let action = decide(&rotated, &names(), published);
        assert_eq!(action, Action::RenewLeaf("the new CA has been published long enough"));
        let renewed = carry_out(action, &rotated, published);
        assert_eq!(decide(&renewed, &names(), published), Action::Keep);
    }

    #[test]
    fn what_cannot_be_used_is_made_anew() {
        let contents = fresh();
        let other = fresh();
        for (broken, expected) in [
            (
                Contents { ca_bundle: "x".into(), ..contents.clone() },
                Action::Create("there is no readable CA certificate"),
            ),
            (
                Contents { ca_key: other.ca_key.clone(), ..contents.clone() },
                Action::Create("the CA's key is unreadable or belongs to another certificate"),
            ),
            (
                Contents { tls_key: other.tls_key, ..contents.clone() },
                Action::RenewLeaf("its key is unreadable or belongs to another certificate"),
            ),
            (
                Contents { tls_cert: "x".into(), ..contents.clone() },
                Action::RenewLeaf("there is no readable serving certificate"),
            ),
        ] {
            assert_eq!(decide(&broken, &names(), START), expected);
        }
        assert_eq!(
            decide(&contents, &names(), START + Duration::days(4000)),
            Action::Create("the CA has expired")
        );
    }

    #[test]
    fn keys_are_not_shown_by_debug() {
        assert!(!format!("{:?}", fresh()).contains("PRIVATE KEY"));
    }
}

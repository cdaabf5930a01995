//! What the provider's groups give: a role in a team, or that of an admin. Pure.

use std::{collections::BTreeMap, str::FromStr};

use super::super::{names::TeamName, role::Role};

/// Says what the members of one group are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// As the provider spells it, in every letter.
    pub group: String,
    pub gives: Gives,
}

/// What a group gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gives {
    /// Admin of the installation.
    Admin,
    Member(TeamName, Role),
}

impl FromStr for GroupRule {
    type Err = String;

    /// Parses `GROUP=TEAM:ROLE` and `GROUP=admin`. A group may have `=` itself, as in LDAP; what
    /// it gives can't.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (group, gives) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("`{text}` has no `=`; write GROUP=TEAM:ROLE or GROUP=admin"))?;
        if group.trim().is_empty() {
            return Err(format!("`{text}` names no group before the `=`"));
        }
        let gives = if gives == "admin" { Gives::Admin } else { member(text, gives)? };
        Ok(Self { group: group.to_owned(), gives })
    }
}

fn member(text: &str, gives: &str) -> Result<Gives, String> {
    let (team, role) = gives.split_once(':').ok_or_else(|| {
        format!("`{text}` gives neither `admin` nor a role in a team, such as `payments:editor`")
    })?;
    let team = TeamName::parse(team).map_err(|error| format!("the team in `{text}` {error}"))?;
    Ok(Gives::Member(team, role.parse()?))
}

/// What someone is by their groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// Admin of the installation.
    pub is_admin: bool,
    /// The highest role in each team.
    pub teams: BTreeMap<TeamName, Role>,
}

impl Granted {
    /// Applies `rules` to the groups that someone is in.
    pub fn by(rules: &[GroupRule], groups: &[String]) -> Self {
        let mut granted = Self::default();
        for rule in rules.iter().filter(|rule| groups.contains(&rule.group)) {
            match &rule.gives {
                Gives::Admin => granted.is_admin = true,
                Gives::Member(team, role) => {
                    let highest = granted.teams.entry(team.clone()).or_insert(*role);
                    *highest = (*highest).max(*role);
                }
            }
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn team(name: &str) -> TeamName {
        TeamName::parse(name).unwrap()
    }

    #[rstest]
    #[case("payments-devs=payments:editor", "payments-devs", "payments", Role::Editor)]
    #[case("/org/Payments=payments:owner", "/org/Payments", "payments", Role::Owner)]
    #[case(
        "cn=Pay Devs,ou=groups=payments:viewer",
        "cn=Pay Devs,ou=groups",
        "payments",
        Role::Viewer
    )]
    #[case("admins=admin:viewer", "admins", "admin", Role::Viewer)]
    fn a_rule_gives_a_role_in_a_team(
        #[case] text: &str,
        #[case] group: &str,
        #[case] name: &str,
        #[case] role: Role,
    ) {
        let rule: GroupRule = text.parse().unwrap();

        assert_eq!(rule, GroupRule { group: group.into(), gives: Gives::Member(team(name), role) });
    }

    #[test]
    fn a_rule_makes_admins() {
        let rule: GroupRule = "8f0a-41=admin".parse().unwrap();

        assert_eq!(rule, GroupRule { group: "8f0a-41".into(), gives: Gives::Admin });
    }

    #[rstest]
    #[case("payments:editor", "has no `=`")]
    #[case("=payments:editor", "names no group")]
    #[case(" =admin", "names no group")]
    #[case("devs=payments", "neither `admin` nor a role")]
    #[case("devs=", "neither `admin` nor a role")]
    #[case("devs=Admin", "neither `admin` nor a role")]
    #[case("devs=Payments:editor", "the team in `devs=Payments:editor` has `P`")]
    #[case("devs=payments:boss", "`boss` is no role")]
    #[case("devs=payments:admin", "`admin` is no role")]
    fn a_rule_that_could_be_misread_is_refused(#[case] text: &str, #[case] reason: &str) {
        let error = text.parse::<GroupRule>().unwrap_err();

        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn the_highest_of_several_roles_counts_and_other_groups_give_nothing() {
        let rules: Vec<GroupRule> =
            ["a=payments:owner", "b=payments:viewer", "c=search:viewer", "root=admin"]
                .map(|text| text.parse().unwrap())
                .into();
        let granted = |groups: &[&str]| {
            let groups: Vec<_> = groups.iter().map(|&group| group.to_owned()).collect();
            Granted::by(&rules, &groups)
        };

        let both = granted(&["b", "a", "unknown"]);
        assert_eq!(both.teams, BTreeMap::from([(team("payments"), Role::Owner)]));
        assert!(!both.is_admin);
        assert!(granted(&["root"]).is_admin);
        assert_eq!(granted(&["A", "ROOT", ""]), Granted::default());
    }
}

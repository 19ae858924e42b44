//! Certificate policies along a path: the valid policy tree of RFC 5280 6.1.2 to 6.1.5.

use der::asn1::ObjectIdentifier;

use crate::signature::asn1::oid;
use crate::signature::certificate::Certificate;

/// Nodes of a tree. Crafted mappings grow it exponentially (CVE-2023-0464); past this the path has no valid policy.
const MAX_NODES: usize = 1_000;

/// The inputs of RFC 5280 6.1.1 (c) to (g). The default asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct PolicyInput {
    /// `None`: any policy.
    pub acceptable: Option<Vec<ObjectIdentifier>>,
    pub require_explicit: bool,
    pub inhibit_mapping: bool,
    pub inhibit_any: bool,
}

#[derive(Debug, Clone)]
struct Node {
    policy: ObjectIdentifier,
    expected: Vec<ObjectIdentifier>,
    /// Index in the level above.
    parent: usize,
}

#[derive(Debug)]
pub struct PolicyTree {
    /// Level 0 holds the root; `None` when the tree is NULL.
    levels: Option<Vec<Vec<Node>>>,
    explicit_policy: usize,
    inhibit_mapping: usize,
    inhibit_any: usize,
    /// Certificates in the path.
    length: usize,
}

/// The path is not valid for any acceptable policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoValidPolicy;

impl PolicyTree {
    pub fn new(input: &PolicyInput, length: usize) -> Self {
        let start = |now: bool| if now { 0 } else { length + 1 };
        let root = Node {
            policy: oid::ANY_POLICY,
            expected: vec![oid::ANY_POLICY],
            parent: 0,
        };
        Self {
            levels: Some(vec![vec![root]]),
            explicit_policy: start(input.require_explicit),
            inhibit_mapping: start(input.inhibit_mapping),
            inhibit_any: start(input.inhibit_any),
            length,
        }
    }

    /// 6.1.3 (d) to (f) for certificate `position`, counted from 1.
    pub fn process(&mut self, certificate: &Certificate, position: usize) {
        match &certificate.extensions.policies {
            Some(policies) => {
                let any_allowed = self.inhibit_any > 0 || (position < self.length && certificate.is_self_issued());
                let ids: Vec<ObjectIdentifier> = policies.iter().map(|policy| policy.id).collect();
                self.grow(&ids, any_allowed);
            }
            None => self.levels = None,
        }
    }

    fn grow(&mut self, ids: &[ObjectIdentifier], any_allowed: bool) {
        let Some(levels) = &mut self.levels else { return };
        let Some(above) = levels.last() else { return };
        let mut level: Vec<Node> = Vec::new();
        let leaf = |policy, parent| Node {
            policy,
            expected: vec![policy],
            parent,
        };
        for id in ids.iter().filter(|id| **id != oid::ANY_POLICY) {
            let before = level.len();
            let matching = above.iter().enumerate().filter(|(_, node)| node.expected.contains(id));
            level.extend(matching.map(|(parent, _)| leaf(*id, parent)));
            if level.len() == before {
                let any = above.iter().position(|node| node.policy == oid::ANY_POLICY);
                level.extend(any.map(|parent| leaf(*id, parent)));
            }
            if level.len() > MAX_NODES {
                self.levels = None;
                return;
            }
        }
        if any_allowed && ids.contains(&oid::ANY_POLICY) {
            for (parent, node) in above.iter().enumerate() {
                for expected in &node.expected {
                    if !level.iter().any(|child| child.parent == parent && child.policy == *expected) {
                        level.push(leaf(*expected, parent));
                    }
                }
                if level.len() > MAX_NODES {
                    self.levels = None;
                    return;
                }
            }
        }
        levels.push(level);
        self.prune();
    }

    /// Deletes nodes without children above the lowest level.
    fn prune(&mut self) {
        let Some(levels) = &mut self.levels else { return };
        for depth in (0..levels.len().saturating_sub(1)).rev() {
            let Some(below) = levels.get(depth + 1) else { continue };
            let used: Vec<usize> = below.iter().map(|node| node.parent).collect();
            let Some(level) = levels.get(depth) else { continue };
            let mut moved = vec![None; level.len()];
            let mut kept = Vec::new();
            for (index, node) in level.iter().enumerate() {
                if used.contains(&index) {
                    if let Some(slot) = moved.get_mut(index) {
                        *slot = Some(kept.len());
                    }
                    kept.push(node.clone());
                }
            }
            if let Some(level) = levels.get_mut(depth) {
                *level = kept;
            }
            if let Some(below) = levels.get_mut(depth + 1) {
                for node in below {
                    node.parent = moved.get(node.parent).copied().flatten().unwrap_or_default();
                }
            }
        }
        if levels.first().is_none_or(Vec::is_empty) || levels.last().is_none_or(Vec::is_empty) {
            self.levels = None;
        }
    }

    /// 6.1.4 (a), (b), (h) to (j) for a certificate that is not the last.
    pub fn prepare_next(&mut self, certificate: &Certificate, position: usize, self_issued: bool) {
        let extensions = &certificate.extensions;
        if extensions
            .policy_mappings
            .iter()
            .any(|(from, to)| *from == oid::ANY_POLICY || *to == oid::ANY_POLICY)
        {
            // 6.1.4 (a): mapping to or from anyPolicy is an error of the issuer; the path has no valid policy and says so.
            self.levels = None;
            self.explicit_policy = 0;
        }
        self.map(&extensions.policy_mappings, position);
        if !self_issued {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.inhibit_mapping = self.inhibit_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        let lower = |counter: &mut usize, limit: Option<u64>| {
            if let Some(limit) = limit {
                *counter = (*counter).min(usize::try_from(limit).unwrap_or(usize::MAX));
            }
        };
        lower(&mut self.explicit_policy, extensions.require_explicit_policy);
        lower(&mut self.inhibit_mapping, extensions.inhibit_policy_mapping);
        lower(&mut self.inhibit_any, extensions.inhibit_any_policy);
    }

    fn map(&mut self, mappings: &[(ObjectIdentifier, ObjectIdentifier)], position: usize) {
        if mappings.is_empty() {
            return;
        }
        let allowed = self.inhibit_mapping > 0;
        let Some(levels) = &mut self.levels else { return };
        let any_parent = levels
            .get(position)
            .and_then(|level| level.iter().find(|node| node.policy == oid::ANY_POLICY))
            .map(|n| n.parent);
        let Some(level) = levels.get_mut(position) else { return };
        let mut sources: Vec<ObjectIdentifier> = mappings.iter().map(|(from, _)| *from).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let targets: Vec<ObjectIdentifier> = mappings.iter().filter(|(from, _)| *from == source).map(|(_, to)| *to).collect();
            if !allowed {
                level.retain(|node| node.policy != source);
                // Indices of this lowest level are nobody's parents yet, so removing is safe.
                continue;
            }
            let mut hit = false;
            for node in level.iter_mut().filter(|node| node.policy == source) {
                node.expected.clone_from(&targets);
                hit = true;
            }
            if let (false, Some(parent)) = (hit, any_parent) {
                level.push(Node {
                    policy: source,
                    expected: targets,
                    parent,
                });
            }
        }
        self.prune();
    }

    /// 6.1.5 (a), (b).
    pub fn wrap_up(&mut self, certificate: &Certificate) {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        if certificate.extensions.require_explicit_policy == Some(0) {
            self.explicit_policy = 0;
        }
    }

    /// 6.1.5 (g): the policies of the leaf that the user accepts, `None` for any.
    ///
    /// # Errors
    /// An explicit policy is required and none is left.
    pub fn finish(self, input: &PolicyInput) -> Result<Option<Vec<ObjectIdentifier>>, NoValidPolicy> {
        let explicit = self.explicit_policy == 0;
        let valid = self.levels.map(|levels| valid_policies(&levels));
        let accepted: Vec<ObjectIdentifier> = match (&valid, &input.acceptable) {
            (None, _) => Vec::new(),
            (Some(valid), None) => valid.clone(),
            (Some(valid), Some(acceptable)) if valid.contains(&oid::ANY_POLICY) => acceptable.clone(),
            (Some(valid), Some(acceptable)) => valid.iter().filter(|id| acceptable.contains(id)).copied().collect(),
        };
        if explicit && accepted.is_empty() {
            return Err(NoValidPolicy);
        }
        Ok(if accepted.contains(&oid::ANY_POLICY) {
            None
        } else {
            Some(accepted)
        })
    }
}

/// The valid_policy_node_set: nodes whose parent is an anyPolicy node, in the issuer's domain; and anyPolicy itself when the leaf level
/// holds it.
fn valid_policies(levels: &[Vec<Node>]) -> Vec<ObjectIdentifier> {
    let mut out = Vec::new();
    for (depth, level) in levels.iter().enumerate().skip(1) {
        let above = depth.checked_sub(1).and_then(|d| levels.get(d));
        let is_last = depth + 1 == levels.len();
        for node in level {
            let under_any = above
                .and_then(|level| level.get(node.parent))
                .is_some_and(|parent| parent.policy == oid::ANY_POLICY);
            if under_any && (node.policy != oid::ANY_POLICY || is_last) && !out.contains(&node.policy) {
                out.push(node.policy);
            }
        }
    }
    out
}

//! Why we judge otherwise than the suite, where several cases share the reason. One sentence each.

pub const MARKING: &str = "how an extension must be marked is asked of issuers (RFC 5280 4.2); what it says holds here whatever its mark";
pub const IDENTIFIERS: &str = "key identifiers only help to find the issuer; its signature decides, and old roots of the trade have none";
pub const HOST: &str = "which host is meant is a question of a client that connects; through a signature nobody is reached";
pub const SERVERS: &str = "a rule of the CA/Browser Forum for servers' certificates, which signers do not have";
pub const SERVER_USAGES: &str =
    "which usages a server has is asked by browsers; what a signer's key is for is asked of its class, beside the path";
pub const MAIL: &str = "a rule of the CA/Browser Forum for mail certificates; those of KEP providers are known by a list of their own";
pub const SPELLING: &str =
    "how a host must be spelled is asked where a constraint speaks of hosts; no constraint does, and signers have no hosts";
pub const SIGNERS_KEY: &str = "a signer's key is judged with what it signed, by date; the path asks it of the keys that issue";
pub const DEPTH: &str = "how deep a path may be is a wish of the caller there; here it is fixed, and a path within it is valid";
pub const LISTS_BY_BROWSERS: &str = "a rule of the CA/Browser Forum for the lists of its members; RFC 5280 6.3.3 takes the list";
pub const STILL_A_WORD: &str = "a list that its authority signed is believed in what it revokes, also where its form is not the profile's";

//! Papers for people and courts: the register of a period, the evidence sheet of a document, the case file that can be checked without us.

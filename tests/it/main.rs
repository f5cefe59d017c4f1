//! All tests of this package, in one binary: each binary is linked anew with the SDK and the
//! generator.

mod cases;
mod dependencies;
mod drift;
mod end_to_end;
mod errors;
mod fresh;
mod hostile;
mod mutations;
mod report;
mod specs;
mod surface;
mod update;
mod wire;

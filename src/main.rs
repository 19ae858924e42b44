fn main() -> std::process::ExitCode {
    kep_gateway::cli::main()
}

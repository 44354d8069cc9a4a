//! What `--help` and `--help_tls` print.

/// Every flag that nats-server 2.14 has.
pub const HELP: &str = "\
Usage: nats-server [options]

Server Options:
    -a, --addr, --net <host>         Interface to listen on (default: 0.0.0.0)
    -p, --port <port>                Port for clients, -1 for a free one (default: 4222)
    -n, --name
        --server_name <name>         Name of this server (default: chosen at start)
    -P, --pid <file>                 Write the process id to this file
    -m, --http_port <port>           Answer monitoring requests over HTTP on this port
    -ms,--https_port <port>          The same over HTTPS
    -c, --config <file>              Read settings from this file; flags win over it
    -t                               Check the file named with -c, and end
    -sl,--signal <signal>[=<pid>]    Signal a running server: ldm, stop, quit, term, reopen or reload
                                     <pid> is its process id, the start of one followed by *, or a pid file
        --client_advertise <addr>    Address that clients are told to use instead of ours
        --ports_file_dir <dir>       Write the ports in use to <program>_<pid>.ports in this folder

Logging Options:
    -l, --log <file>                 Log to this file
    -T, --logtime                    Begin log lines with the time (default: true)
        --logtime_utc                That time in UTC
    -s, --syslog                     Log to the system's log
    -r, --remote_syslog <addr>       Log to this system log (udp://localhost:514)
    -D, --debug                      Log debug messages
    -V, --trace                      Log the protocol as it passes
    -VV                              The same with the system account's
    -DV                              -D and -V
    -DVV                             -D and -VV
        --log_size_limit <bytes>     Begin a new log file after so many bytes (default: never)
        --max_traced_msg_len <len>   Show at most so many bytes of a traced message (default: all)

JetStream Options:
    -js, --jetstream                 Switch JetStream on
    -sd, --store_dir <dir>           Folder for streams

Authorization Options:
        --user <user>                Clients log in as this user
        --pass <password>            with this password
        --auth <token>               Clients log in with this token

TLS Options:
        --tls                        Speak TLS with clients (default: false)
        --tlscert <file>             Certificate of this server
        --tlskey <file>              Its private key
        --tlsverify                  Speak TLS, and ask clients for a certificate
        --tlscacert <file>           Authorities that clients' certificates are checked against

Cluster Options (known, but this server stands alone and refuses to start with routes):
        --routes <url, url>          Other servers of the cluster
        --cluster <url>
        --cluster_listen <url>       Where they reach us
        --cluster_name <name>        Name of the cluster
        --no_advertise <bool>        Do not tell clients of the other servers
        --cluster_advertise <addr>   Address told to the other servers
        --connect_retries <number>   Attempts to connect to a server one was told of

Profiling Options:
        --profile <port>             Accepted for compatibility; there is nothing to profile here

Common Options:
    -h, --help                       Show this
    -v, --version                    Show the version
        --help_tls                   Show how to set up TLS
";

/// The `tls` block in short.
pub(super) const HELP_TLS: &str = "\
TLS is set up in the tls block of a configuration file, for example:

    tls {
        cert_file:  \"./server.pem\"
        key_file:   \"./server-key.pem\"
        ca_file:    \"./ca.pem\"
        verify:     true
        timeout:    \"2s\"
    }

With verify, clients must bring a certificate that ca_file vouches for; verify_and_map also looks
its names up among the users. min_version is \"1.2\" or \"1.3\". handshake_first lets the handshake
come before INFO. cipher_suites and curve_preferences narrow down what is offered:

    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    TLS_AES_128_GCM_SHA256
    TLS_AES_256_GCM_SHA384
    TLS_CHACHA20_POLY1305_SHA256

    X25519
    CurveP256
    CurveP384
";

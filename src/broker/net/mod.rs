//! Listeners, connections, accounts and the system account: the only part of the broker with sockets.

//! Who may connect, and what they may do: users, permissions, challenges. Pure; no sockets.

// libpq, loaded when somebody first asks for PostgreSQL: it brings three dozen libraries along (TLS, Kerberos, LDAP), which those
// who keep their jobs in SQLite need neither in memory nor on their machine.
//
// The functions have the names and types of libpq's own header and are called as if the program were linked with it; those that are
// not listed in libpq.c do not exist here.
#pragma once

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
// Debian keeps it there, and tells only pkg-config.
#include <postgresql/libpq-fe.h>
#endif

// Loads the library. Returns NULL, or why it cannot be had; asked again, it answers the same. Nothing else may be called before.
const char *clibpq_load(void);

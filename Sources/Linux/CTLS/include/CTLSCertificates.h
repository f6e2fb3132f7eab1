// Making and reading X.509 certificates. All texts are PEM; times are seconds since 1970, UTC.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A certificate and its key, to be freed with ctls_made_free. Both are NULL when making them failed.
typedef struct ctls_made {
    char *certificate;
    char *key;
} ctls_made;

typedef struct ctls_facts {
    int64_t not_before;
    int64_t not_after;
    // Whether it may sign others.
    int is_authority;
} ctls_facts;

// An authority that signs itself, with an ECDSA P-256 key, for leaves directly below it. Gives 1 or 0.
int ctls_make_authority(const char *name, int64_t not_before, int64_t not_after, ctls_made *made);
// A certificate for a server's hosts (names, with `*.` or not, and addresses), signed by an authority. Gives 1 or 0.
int ctls_make_leaf(
    const char *authority, const char *authority_key, const char *const *hosts, size_t host_count, int64_t not_before,
    int64_t not_after, ctls_made *made);
void ctls_made_free(ctls_made *made);
// What the first certificate of a text says. Gives 1, or 0 when there is none.
int ctls_read_facts(const char *certificate, ctls_facts *facts);
// Whether a key is the first certificate's.
int ctls_key_fits(const char *certificate, const char *key);
// Whether the first certificate is for a host: a name or an address; for a name that begins with `*.`, that wildcard.
int ctls_is_for_host(const char *certificate, const char *host);
// Whether the first certificate of one text carries the signature of the other's first.
int ctls_is_signed_by(const char *certificate, const char *authority);

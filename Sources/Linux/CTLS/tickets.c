#include "internal.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

int ctls_random(uint8_t *bytes, size_t count) { return RAND_bytes(bytes, (int)count) == 1; }

static void derive(const uint8_t *secret, const char *purpose, uint8_t *bytes, size_t count) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(
        EVP_sha256(), secret, CTLS_TICKET_SECRET_BYTES, (const uint8_t *)purpose, strlen(purpose), digest, &length);
    memcpy(bytes, digest, count);
    OPENSSL_cleanse(digest, sizeof digest);
}

static void derive_key(const uint8_t *secret, ctls_ticket_key *key) {
    derive(secret, "ticket name", key->name, sizeof key->name);
    derive(secret, "ticket cipher", key->cipher, sizeof key->cipher);
    derive(secret, "ticket mac", key->mac, sizeof key->mac);
}

int ctls_tickets_start(ctls_tickets *tickets, const uint8_t *secret, OSSL_LIB_CTX *library) {
    memcpy(tickets->secret, secret, sizeof tickets->secret);
    tickets->period = 0;
    tickets->cipher = EVP_CIPHER_fetch(library, "AES-256-CBC", NULL);
    derive_key(tickets->secret, &tickets->current);
    // Nobody has tickets of a period before the first.
    return RAND_bytes((uint8_t *)&tickets->previous, sizeof tickets->previous) == 1 && tickets->cipher != NULL;
}

void ctls_tickets_advance(ctls_tickets *tickets, uint64_t period) {
    while (tickets->period < period) {
        derive(tickets->secret, "next period", tickets->secret, sizeof tickets->secret);
        tickets->previous = tickets->current;
        derive_key(tickets->secret, &tickets->current);
        tickets->period++;
    }
}

void ctls_tickets_end(ctls_tickets *tickets) {
    EVP_CIPHER_free(tickets->cipher);
    OPENSSL_cleanse(tickets, sizeof *tickets);
}

// Gives 1 for a ticket that is made or good, 2 for a good one that should be replaced, 0 for one that is not ours.
int ctls_ticket_callback(
    SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_making) {
    ctls_tickets *tickets = &ctls_session_of(ssl)->server->tickets;
    ctls_ticket_key *key = &tickets->current;
    if (is_making) {
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(tickets->cipher)) != 1) return -1;
        memcpy(name, key->name, sizeof key->name);
    } else if (memcmp(name, key->name, sizeof key->name) != 0) {
        key = &tickets->previous;
        if (memcmp(name, key->name, sizeof key->name) != 0) return 0;
    }
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "sha256", 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
    if (EVP_CipherInit_ex(cipher, tickets->cipher, NULL, key->cipher, iv, is_making) != 1) return -1;
    // Clients use a ticket of TLS 1.3 once, so that connections can't be linked by it.
    return key == &tickets->current && (is_making || SSL_version(ssl) < TLS1_3_VERSION) ? 1 : 2;
}

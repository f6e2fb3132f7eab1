#include "internal.h"
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

// The longest host that is looked up.
#define HOST_BYTES_MAX 255

typedef struct host_slot {
    // Lower case; NULL in a free slot.
    char *host;
    SSL_CTX *context;
} host_slot;

// Hosts by hash, open addressing, at most half full.
struct ctls_table {
    const ctls_server *server;
    host_slot *slots;
    size_t slot_count;
    size_t host_count;
    // Each once, as it was added.
    SSL_CTX **contexts;
    size_t context_count;
};

static uint64_t hash(const char *host) {
    uint64_t value = 14695981039346656037u;
    for (; *host != 0; host++) value = (value ^ (uint8_t)*host) * 1099511628211u;
    return value ^ value >> 32;
}

static host_slot *slot_for(const ctls_table *table, const char *host) {
    size_t index = hash(host) & (table->slot_count - 1);
    while (table->slots[index].host != NULL && strcmp(table->slots[index].host, host) != 0) {
        index = (index + 1) & (table->slot_count - 1);
    }
    return &table->slots[index];
}

ctls_table *ctls_table_new(const ctls_server *server) {
    ctls_table *table = calloc(1, sizeof *table);
    if (table == NULL) return NULL;
    table->server = server;
    table->slot_count = 16;
    table->slots = calloc(table->slot_count, sizeof *table->slots);
    if (table->slots != NULL) return table;
    free(table);
    return NULL;
}

void ctls_table_free(ctls_table *table) {
    if (table == NULL) return;
    for (size_t i = 0; i < table->slot_count; i++) free(table->slots[i].host);
    for (size_t i = 0; i < table->context_count; i++) SSL_CTX_free(table->contexts[i]);
    free(table->contexts);
    free(table->slots);
    free(table);
}

static int grow(ctls_table *table) {
    host_slot *old = table->slots;
    size_t old_count = table->slot_count;
    table->slots = calloc(old_count * 2, sizeof *table->slots);
    if (table->slots == NULL) {
        table->slots = old;
        return 0;
    }
    table->slot_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].host != NULL) *slot_for(table, old[i].host) = old[i];
    }
    free(old);
    return 1;
}

// Writes a host in lower case, without the dot that may end it. Gives 0 for one that is empty or too long.
static int normalize(const char *host, char *result) {
    size_t length = strlen(host);
    if (length > 0 && host[length - 1] == '.') length--;
    if (length == 0 || length > HOST_BYTES_MAX) return 0;
    for (size_t i = 0; i < length; i++) {
        char byte = host[i];
        result[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
    }
    result[length] = 0;
    return 1;
}

static int add_host(ctls_table *table, const char *host, SSL_CTX *context) {
    char name[HOST_BYTES_MAX + 1];
    if (!normalize(host, name)) return 0;
    if (table->host_count * 2 >= table->slot_count && !grow(table)) return 0;
    host_slot *slot = slot_for(table, name);
    if (slot->host != NULL) return 1;
    slot->host = strdup(name);
    if (slot->host == NULL) return 0;
    slot->context = context;
    table->host_count++;
    return 1;
}

SSL_CTX *ctls_table_default(const ctls_table *table) {
    return table != NULL && table->context_count > 0 ? table->contexts[0] : NULL;
}

SSL_CTX *ctls_table_find(const ctls_table *table, const char *host) {
    char name[HOST_BYTES_MAX + 1];
    if (host == NULL || !normalize(host, name)) return ctls_table_default(table);
    host_slot *slot = slot_for(table, name);
    if (slot->host != NULL) return slot->context;
    // A wildcard stands for exactly one label.
    char *dot = strchr(name, '.');
    if (dot == NULL || dot == name) return ctls_table_default(table);
    dot[-1] = '*';
    slot = slot_for(table, dot - 1);
    return slot->host != NULL ? slot->context : ctls_table_default(table);
}

// Never asks a terminal for the password of an encrypted key.
static int no_password(char *buffer, int size, int is_writing, void *argument) {
    (void)buffer, (void)size, (void)is_writing, (void)argument;
    return -1;
}

static EVP_PKEY *read_key(const char *text, size_t length, OSSL_LIB_CTX *library) {
    BIO *bio = BIO_new_mem_buf(text, (int)length);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL, library, NULL);
    BIO_free(bio);
    return key;
}

static const char *load(SSL_CTX *context, const char *chain, size_t chain_length, EVP_PKEY *key) {
    BIO *bio = BIO_new_mem_buf(chain, (int)chain_length);
    X509 *leaf = bio == NULL ? NULL : PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
    const char *problem = NULL;
    if (leaf == NULL) {
        problem = "the chain holds no certificate";
    } else if (SSL_CTX_use_certificate(context, leaf) != 1) {
        problem = "the certificate can't be used";
    } else if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1) {
        problem = "the key is not the certificate's";
    }
    while (problem == NULL) {
        X509 *issuer = PEM_read_bio_X509(bio, NULL, no_password, NULL);
        if (issuer == NULL) {
            // The end of the text looks like an error to it.
            if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) problem = "the chain can't be read";
            break;
        }
        if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
            X509_free(issuer);
            problem = "an issuer in the chain can't be used";
        }
    }
    X509_free(leaf);
    BIO_free(bio);
    return problem;
}

static const char *add(
    ctls_table *table, const char *const *hosts, size_t host_count, const char *chain, size_t chain_length,
    const char *key_text, size_t key_length) {
    EVP_PKEY *key = read_key(key_text, key_length, table->server->library);
    if (key == NULL) return "the key can't be read";
    SSL_CTX *context = ctls_context_new(table->server);
    SSL_CTX **contexts = realloc(table->contexts, (table->context_count + 1) * sizeof *contexts);
    if (contexts != NULL) table->contexts = contexts;
    const char *problem = context == NULL || contexts == NULL ? "there is no memory" : NULL;
    if (problem == NULL) problem = load(context, chain, chain_length, key);
    EVP_PKEY_free(key);
    if (problem != NULL) {
        SSL_CTX_free(context);
        return problem;
    }
    table->contexts[table->context_count++] = context;
    for (size_t i = 0; i < host_count; i++) {
        if (!add_host(table, hosts[i], context)) return "a host is empty or too long";
    }
    return NULL;
}

int ctls_table_add(
    ctls_table *table, const char *const *hosts, size_t host_count, const char *chain, size_t chain_length,
    const char *key, size_t key_length, char *reason, size_t reason_capacity) {
    ERR_clear_error();
    const char *problem = add(table, hosts, host_count, chain, chain_length, key, key_length);
    if (problem != NULL && reason_capacity > 0) {
        strncpy(reason, problem, reason_capacity - 1);
        reason[reason_capacity - 1] = 0;
    }
    ERR_clear_error();
    return problem == NULL;
}

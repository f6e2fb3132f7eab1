// The floor: copies bytes between a client and an instance and understands nothing of them.
//
//   relay PORT...
//
// Listens at a port of loopback that the kernel chooses, writes it as a JSON array, and gives each client a connection of
// its own to one of the given ports, in turn. What a proxy that parses, counts and rewrites costs beyond this is its own.
#define _GNU_SOURCE
#include "sockets.h"

#define CHUNK 65536

struct side {
    int peer;
    // What the peer has sent and this side's socket did not take.
    char *unsent;
    size_t unsent_length, unsent_start;
};

static struct side sides[CONNECTIONS_MAX];
static char chunk[CHUNK];

static void part(int descriptor) {
    int peer = sides[descriptor].peer;
    if (peer < 0) return;
    sides[descriptor].peer = sides[peer].peer = -1;
    close(descriptor);
    close(peer);
}

static void pair(int epoll, int client, int port) {
    struct sockaddr_in address = loopback(port);
    int instance = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (instance < 0 || (connect(instance, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS))
        fail("connecting");
    send_at_once(client);
    send_at_once(instance);
    sides[client].peer = instance;
    sides[instance].peer = client;
    sides[client].unsent_length = sides[instance].unsent_length = 0;
    watch(epoll, client, EPOLLIN | EPOLLOUT | EPOLLET);
    watch(epoll, instance, EPOLLIN | EPOLLOUT | EPOLLET);
}

// Keeps what the socket did not take.
static void keep(struct side *side, const char *bytes, size_t length) {
    if (!side->unsent) side->unsent = malloc(CHUNK);
    memcpy(side->unsent, bytes, length);
    side->unsent_length = length;
    side->unsent_start = 0;
}

// Copies from one side to the other until one has no more; 0 when the two must part.
static int copy(int from, int to) {
    struct side *side = &sides[to];
    for (;;) {
        while (side->unsent_length > 0) {
            ssize_t count = write(to, side->unsent + side->unsent_start, side->unsent_length);
            if (count < 0) return errno == EAGAIN;
            side->unsent_start += (size_t)count;
            side->unsent_length -= (size_t)count;
        }
        ssize_t read_count = read(from, chunk, CHUNK);
        if (read_count == 0) return 0;
        if (read_count < 0) return errno == EAGAIN;
        ssize_t count = write(to, chunk, (size_t)read_count);
        if (count < 0 && errno != EAGAIN) return 0;
        if (count < read_count) {
            keep(side, chunk + (count < 0 ? 0 : count), (size_t)(read_count - (count < 0 ? 0 : count)));
            return 1;
        }
        // A short read has emptied the socket; the next bytes are a new edge.
        if (read_count < CHUNK) return 1;
    }
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "usage: relay PORT...\n");
        return 2;
    }
    prepare();
    int port, listener = listen_somewhere(&port), epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN);
    printf("[%d]\n", port);
    fflush(stdout);
    struct epoll_event events[512];
    unsigned next = 0;
    for (;;) {
        int ready = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd, client;
            if (descriptor == listener) {
                while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
                    pair(epoll, client, atoi(arguments[1 + next++ % (unsigned)(count - 1)]));
                continue;
            }
            // The other of the two may have ended both in this round.
            int peer = sides[descriptor].peer;
            if (peer < 0) continue;
            int goes_on = !(events[i].events & EPOLLIN) || copy(descriptor, peer);
            if (goes_on && events[i].events & EPOLLOUT && sides[descriptor].unsent_length > 0)
                goes_on = copy(peer, descriptor);
            if (!goes_on || events[i].events & (EPOLLHUP | EPOLLERR)) part(descriptor);
        }
    }
}

#define _GNU_SOURCE
#include "cpty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

int cpty_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int cpty_set_name(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

int cpty_open_signals(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t index = 0; index < count; index++) sigaddset(&set, signals[index]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cpty_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int cpty_open_memory(const char *name, size_t size) {
    int memory = memfd_create(name, MFD_CLOEXEC);
    if (memory < 0) return -1;
    if (ftruncate(memory, (off_t)size) == 0) return memory;
    int failure = errno;
    close(memory);
    errno = failure;
    return -1;
}

int cpty_open_channel(int *ends) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

// The address holds 107 bytes; a folder's own path may be longer, so it is named by its descriptor.
static int at_name(const char *folder, const char *name, int flags, int (*use)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return -1;
    int number = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place, name);
    int failure = 0;
    if (number < 0 || use(number, (const struct sockaddr *)&address, sizeof address) != 0) failure = errno;
    if (length < 0 || (size_t)length >= sizeof address.sun_path) failure = ENAMETOOLONG;
    close(place);
    if (failure == 0) return number;
    if (number >= 0) close(number);
    errno = failure;
    return -1;
}

static int bind_and_listen(int number, const struct sockaddr *address, socklen_t length) {
    // Nobody can connect before its mode is set: the socket does not listen yet.
    if (bind(number, address, length) != 0) return -1;
    if (chmod(((const struct sockaddr_un *)address)->sun_path, 0600) != 0) return -1;
    return listen(number, 8);
}

int cpty_listen_in(const char *folder, const char *name) {
    return at_name(folder, name, SOCK_NONBLOCK, bind_and_listen);
}

int cpty_connect_in(const char *folder, const char *name) {
    return at_name(folder, name, 0, connect);
}

int cpty_open_place(const char *path) {
    return open(path, O_PATH | O_CLOEXEC);
}

int64_t cpty_file_system(const char *path) {
    struct statfs information;
    return statfs(path, &information) == 0 ? (int64_t)(uint32_t)information.f_type : -1;
}

int cpty_mark(const char *path, const char *name) {
    unsigned char mark;
    return getxattr(path, name, &mark, sizeof mark) == sizeof mark ? mark : -1;
}

int cpty_accept(int socket) {
    int number;
    do number = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (number < 0 && errno == EINTR);
    return number;
}

uid_t cpty_peer_user(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : (uid_t)-1;
}

int cpty_send(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(CPTY_DESCRIPTORS * sizeof(int))];
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor_count > CPTY_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (descriptor_count > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
    }
    while (1) {
        if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0;
        if (errno != EINTR) return -1;
    }
}

ssize_t cpty_receive(int socket, void *bytes, size_t size, int *descriptors, size_t *descriptor_count, int *lost) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(CPTY_DESCRIPTORS * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    size_t room = *descriptor_count;
    *descriptor_count = 0;
    *lost = 0;
    ssize_t count;
    do count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < found; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof descriptor);
            if (*descriptor_count < room) {
                descriptors[(*descriptor_count)++] = descriptor;
            } else {
                close(descriptor);
                *lost = 1;
            }
        }
    }
    if (message.msg_flags & MSG_CTRUNC) *lost = 1;
    return count;
}

ssize_t cpty_splice(int from, int to, int64_t place, size_t count) {
    loff_t offset = place;
    ssize_t moved;
    do moved = splice(from, NULL, to, place < 0 ? NULL : &offset, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (moved < 0 && errno == EINTR);
    return moved;
}

int cpty_waiting_bytes(int pipe) {
    int count = 0;
    return ioctl(pipe, FIONREAD, &count) == 0 ? count : -1;
}

// What Swift cannot say on Linux: starting a process on a terminal of its own, process file descriptors, epoll, and passing
// memory and descriptors from one process to another.
//
// Every function returns a value of its own or -1 with errno set; none of them keeps a pointer after it has returned.
#ifndef CPTY_H
#define CPTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

// A new pseudo-terminal of the given size. Returns the master, close-on-exec and non-blocking; the path of the slave is
// written to `name`.
int cpty_open_terminal(unsigned short columns, unsigned short rows, char *name, size_t name_size);

// Tells the terminal, and through SIGWINCH the programs on it, of a new size.
int cpty_resize(int master, unsigned short columns, unsigned short rows);

struct cpty_command {
    const char *path;
    char *const *argv;
    char *const *envp;
    // An absolute path.
    const char *directory;
    // The slave of a terminal, which becomes standard input, output and error; NULL for pipes.
    const char *terminal;
    // For pipes: the write ends. Standard input is then /dev/null.
    int output;
    int error;
    const struct cpty_limit *limits;
    size_t limit_count;
    // Added to the parent's, 0 for none.
    int nice;
    // The signal that the process gets when the thread that started it ends, 0 for none.
    int parent_end_signal;
    int no_new_privileges;
    // The files cgroup.procs of groups that the process joins, with a null pointer at the end, or NULL.
    char *const *cgroups;
    int changes_user;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
};

// setrlimit(2).
struct cpty_limit {
    int resource;
    unsigned long long soft;
    unsigned long long hard;
};

// Starts a command in a session of its own, with default signal dispositions, an empty signal mask, and no descriptor but
// 0, 1 and 2. Returns once the program is executed. Returns 0, or the error number of what failed; errno is not used.
int cpty_spawn(const struct cpty_command *command, pid_t *process);

// Both ends of a pipe, close-on-exec; the reading end, `ends[0]`, does not block. The pipe holds as many bytes as asked for
// if the system allows it.
int cpty_open_pipe(int *ends, int capacity);

// pidfd_open(2): close-on-exec, readable once the process has ended.
int cpty_open_process(pid_t process);

// pidfd_send_signal(2): never reaches another process that got the same number later.
int cpty_signal_process(int process_descriptor, int signal);

// prctl(2), PR_SET_DUMPABLE 0: other processes of the same user can then not read this one's memory and environment.
int cpty_forbid_dumping(void);

// prctl(2), PR_SET_CHILD_SUBREAPER: descendants whose parent has ended become children of this process.
int cpty_become_subreaper(void);

// prctl(2), PR_SET_NAME.
int cpty_set_name(const char *name);

// A descriptor that becomes readable when one of these signals comes (signalfd(2)); they are blocked from then on.
int cpty_open_signals(const int *signals, size_t count);

// The number of the next signal, or 0 when there is none.
int cpty_next_signal(int descriptor);

// Memory of the given size that can be passed on (memfd_create(2)).
int cpty_open_memory(const char *name, size_t size);

// Two ends of a connection that keeps messages apart (SOCK_SEQPACKET), close-on-exec.
int cpty_open_channel(int *ends);

// The same connection by a name in a folder, which may be of any length: a socket that listens there, readable and writable by
// its owner only and not blocking, or a connection to one. EADDRINUSE when something of that name exists.
int cpty_listen_in(const char *folder, const char *name);
int cpty_connect_in(const char *folder, const char *name);

// A file or folder as a place, whether it may be read or not (O_PATH); close-on-exec.
int cpty_open_place(const char *path);

// What there is to know of a file. Swift cannot always name `struct stat`: where two modules bring it, neither counts.
struct cpty_file {
    uint32_t owner;
    uint32_t permissions;
    bool is_plain;
    bool is_folder;
};

// Of an open file, or of what a path leads to; -1 with errno.
int cpty_file_of(int descriptor, struct cpty_file *file);
int cpty_file_at(const char *path, struct cpty_file *file);

// The kind of file system that holds a file or folder (`f_type` of statfs(2)), or -1.
int64_t cpty_file_system(const char *path);

// The first byte of an extended attribute of a file or folder (getxattr(2)) that has one byte, or -1.
int cpty_mark(const char *path, const char *name);

// The next connection to a listening socket, close-on-exec and not blocking, or -1.
int cpty_accept(int socket);

// The user that is at the other end, as it was when the connection was made (SO_PEERCRED), or (uid_t)-1.
uid_t cpty_peer_user(int socket);

// The most descriptors that one message carries.
#define CPTY_DESCRIPTORS 16

// Sends one message with descriptors. Returns 0 or -1.
int cpty_send(int socket, const void *bytes, size_t count, const int *descriptors, size_t descriptor_count);

// Receives one message. Returns its length, 0 at the end, or -1. `descriptor_count` holds the room and then how many came;
// `lost` says whether the message had more than this process has numbers for.
ssize_t cpty_receive(int socket, void *bytes, size_t size, int *descriptors, size_t *descriptor_count, int *lost);

// splice(2) without waiting; `place` is where in a file to write, or -1 for a pipe.
ssize_t cpty_splice(int from, int to, int64_t place, size_t count);

// How many bytes wait in a pipe, or -1.
int cpty_waiting_bytes(int pipe);

// Words in memory that several processes share.
static inline uint64_t cpty_load(const void *place) {
    return __atomic_load_n((const uint64_t *)place, __ATOMIC_ACQUIRE);
}

static inline void cpty_store(void *place, uint64_t value) {
    __atomic_store_n((uint64_t *)place, value, __ATOMIC_RELEASE);
}

// Has all threads of this process share two heaps: by default each gets one of its own, and what is free in one heap is of no use
// to the others. To be called before there is a second thread; see M_ARENA_MAX in mallopt(3). Does nothing without glibc.
void cpty_share_heaps(void);

#endif

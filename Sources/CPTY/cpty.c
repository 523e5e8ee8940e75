#define _GNU_SOURCE
#include "cpty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int cpty_open_terminal(unsigned short columns, unsigned short rows, char *name, size_t name_size) {
    // O_CLOEXEC here, not later: another thread may be starting a process at this very moment.
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    int failure = 0;
    if (grantpt(master) != 0 || unlockpt(master) != 0) {
        failure = errno;
    } else if ((failure = ptsname_r(master, name, name_size)) == 0) {
        int flags = fcntl(master, F_GETFL);
        if (flags < 0 || fcntl(master, F_SETFL, flags | O_NONBLOCK) != 0 || cpty_resize(master, columns, rows) != 0)
            failure = errno;
    }
    if (failure == 0) return master;
    close(master);
    errno = failure;
    return -1;
}

int cpty_resize(int master, unsigned short columns, unsigned short rows) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(master, TIOCSWINSZ, &size);
}

int cpty_open_pipe(int *ends, int capacity) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    // Only the reading end: a command that gets a non-blocking standard output may lose what does not fit.
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        int failure = errno;
        close(ends[0]);
        close(ends[1]);
        errno = failure;
        return -1;
    }
    // More than the default of 64 KiB saves wake-ups in a flood; a refusal (the user's limit, pipe(7)) is harmless.
    fcntl(ends[0], F_SETPIPE_SZ, capacity);
    return 0;
}

static int prepare_attributes(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    // Not sigfillset(3): it leaves out the two signals the C library uses itself, which a child would then ignore.
    memset(&all, 0xff, sizeof all);
    sigemptyset(&none);
    int failure = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    // A server ignores SIGPIPE and may block signals; a command must not inherit that.
    if (failure == 0) failure = posix_spawnattr_setsigdefault(attributes, &all);
    if (failure == 0) failure = posix_spawnattr_setsigmask(attributes, &none);
    return failure;
}

static int prepare_descriptors(posix_spawn_file_actions_t *actions, const struct cpty_command *command) {
    int failure;
    if (command->terminal != NULL) {
        // The new session's leader opens a terminal that is nobody's: it becomes the controlling one (tty(4)).
        failure = posix_spawn_file_actions_addopen(actions, 0, command->terminal, O_RDWR, 0);
        if (failure == 0) failure = posix_spawn_file_actions_adddup2(actions, 0, 1);
        if (failure == 0) failure = posix_spawn_file_actions_adddup2(actions, 0, 2);
    } else {
        failure = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
        if (failure == 0) failure = posix_spawn_file_actions_adddup2(actions, command->output, 1);
        if (failure == 0) failure = posix_spawn_file_actions_adddup2(actions, command->error, 2);
    }
    if (failure == 0) failure = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (failure == 0) failure = posix_spawn_file_actions_addchdir_np(actions, command->directory);
    return failure;
}

int cpty_spawn(const struct cpty_command *command, pid_t *process) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failure = posix_spawnattr_init(&attributes);
    if (failure != 0) return failure;
    failure = posix_spawn_file_actions_init(&actions);
    if (failure == 0) {
        failure = prepare_attributes(&attributes);
        if (failure == 0) failure = prepare_descriptors(&actions, command);
        if (failure == 0)
            failure = posix_spawn(process, command->path, &actions, &attributes, command->argv, command->envp);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return failure;
}

// By number: the C library's own wrappers are younger than some systems that srun runs on.
int cpty_open_process(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int cpty_signal_process(int process_descriptor, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, process_descriptor, signal, NULL, 0);
}

int cpty_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

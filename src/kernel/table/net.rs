//! Rows of calls on sockets, System V IPC and message queues.

use super::args::*;
use super::{ArgKind, Classes, Len, ReplayClass, Ret, Row, Special, table_rows};
use crate::kernel::abi::{Scalar, Width, flags_file as f, flags_net as n, flags_proc as p, structs as s};

table_rows! {
    180 mq_open Fd [DESC] Recorded (text("name"), flags("oflag", &f::OPEN), special("mode", Special::OpenMode(1)), rd("attr", &s::MQ_ATTR));
    181 mq_unlink Int [] Recorded (text("name"));
    182 mq_timedsend Int [DESC] Blocking (fd("mqdes"), buf_in("msg_ptr", 2), size("msg_len"), uint("msg_prio"), rd("abs_timeout", &s::TIMESPEC));
    183 mq_timedreceive Int [DESC] Blocking (fd("mqdes"), buf_out("msg_ptr"), size("msg_len"), int_out("msg_prio", Scalar::Uint), rd("abs_timeout", &s::TIMESPEC));
    184 mq_notify Int [DESC] Recorded (fd("mqdes"), rd("sevp", &s::SIGEVENT));
    185 mq_getsetattr Int [DESC] Recorded (fd("mqdes"), rd("newattr", &s::MQ_ATTR), wr("oldattr", &s::MQ_ATTR));
    186 msgget Int [IPC] Recorded (hex("key"), flags("msgflg", &p::IPC_GET));
    187 msgctl Int [IPC] Recorded (int("msqid"), named("cmd", &p::MSG_CMD), ptr("buf"));
    188 msgrcv Int [IPC] Blocking (int("msqid"), ptr("msgp"), size("msgsz"), long("msgtyp"), flags("msgflg", &p::MSG_Q));
    189 msgsnd Int [IPC] Blocking (int("msqid"), ptr("msgp"), size("msgsz"), flags("msgflg", &p::MSG_Q));
    190 semget Int [IPC] Recorded (hex("key"), int("nsems"), flags("semflg", &p::IPC_GET));
    191 semctl Int [IPC] Recorded (int("semid"), int("semnum"), named("cmd", &p::SEM_CMD), xlong("arg"));
    192 semtimedop Int [IPC] Blocking (int("semid"), rds("sops", &s::SEMBUF, Len::Arg(2)), size("nsops"), rd("timeout", &s::TIMESPEC));
    193 semop Int [IPC] Blocking (int("semid"), rds("sops", &s::SEMBUF, Len::Arg(2)), size("nsops"));
    194 shmget Int [IPC] Recorded (hex("key"), size("size"), flags("shmflg", &p::SHM_GET));
    195 shmctl Int [IPC] Recorded (int("shmid"), named("cmd", &p::SHM_CMD), ptr("buf"));
    196 shmat Addr [IPC MEMORY] Space (int("shmid"), ptr("shmaddr"), flags("shmflg", &p::SHM));
    197 shmdt Int [IPC MEMORY] Space (ptr("shmaddr"));
    198 socket Fd [NET] Recorded (named("domain", &n::AF), sock_type("type"), special("protocol", Special::SockProtocol));
    199 socketpair Int [NET] Recorded (named("domain", &n::AF), sock_type("type"), special("protocol", Special::SockProtocol), nums_out("sv", Scalar::Fd, Width::B4, Len::Fixed(2)));
    200 bind Int [NET] Recorded (fd("sockfd"), of("addr", ArgKind::AddrIn(2)), uint("addrlen"));
    201 listen Int [NET] Recorded (fd("sockfd"), int("backlog"));
    202 accept Fd [NET] Blocking (fd("sockfd"), of("addr", ArgKind::AddrOut(2)), int_rw("addrlen"));
    203 connect Int [NET] Blocking (fd("sockfd"), of("addr", ArgKind::AddrIn(2)), uint("addrlen"));
    204 getsockname Int [NET] Recorded (fd("sockfd"), of("addr", ArgKind::AddrOut(2)), int_rw("addrlen"));
    205 getpeername Int [NET] Recorded (fd("sockfd"), of("addr", ArgKind::AddrOut(2)), int_rw("addrlen"));
    206 sendto Int [NET] Blocking (fd("sockfd"), buf_in("buf", 2), size("len"), flags("flags", &n::MSG), of("dest_addr", ArgKind::AddrIn(5)), uint("addrlen"));
    207 recvfrom Int [NET] Blocking (fd("sockfd"), buf_out("buf"), size("len"), flags("flags", &n::MSG), of("src_addr", ArgKind::AddrOut(5)), int_rw("addrlen"));
    208 setsockopt Int [NET] Recorded (fd("sockfd"), named("level", &n::SOL), special("optname", Special::SockoptName), special("optval", Special::SockoptIn), uint("optlen"));
    209 getsockopt Int [NET] Recorded (fd("sockfd"), named("level", &n::SOL), special("optname", Special::SockoptName), special("optval", Special::SockoptOut), int_rw("optlen"));
    210 shutdown Int [NET] Recorded (fd("sockfd"), named("how", &n::SHUT));
    211 sendmsg Int [NET] Blocking (fd("sockfd"), of("msg", ArgKind::MsgIn), flags("flags", &n::MSG));
    212 recvmsg Int [NET] Blocking (fd("sockfd"), of("msg", ArgKind::MsgOut), flags("flags", &n::MSG));
    242 accept4 Fd [NET] Blocking (fd("sockfd"), of("addr", ArgKind::AddrOut(2)), int_rw("addrlen"), flags("flags", &n::SOCK_FLAGS));
    243 recvmmsg Int [NET] Blocking (fd("sockfd"), of("msgvec", ArgKind::MsgsOut(2)), uint("vlen"), flags("flags", &n::MSG), rd("timeout", &s::TIMESPEC));
    269 sendmmsg Int [NET] Blocking (fd("sockfd"), of("msgvec", ArgKind::MsgsIn(2)), uint("vlen"), flags("flags", &n::MSG));
}

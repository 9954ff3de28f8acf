# Sets the limit of a pids cgroup, joins it, and becomes the runner, which gets all other words:
#     sh confined.sh PROGRAM within=FOLDER pids=N
program=$1
shift
for word; do
	shift
	case $word in
	within=*) folder=${word#within=} ;;
	pids=*) pids=${word#pids=} ;;
	*) set -- "$@" "$word" ;;
	esac
done
if [ -n "${folder:-}" ]; then
	echo "${pids:-max}" >"$folder/pids.max" || exit 1
	echo $$ >"$folder/cgroup.procs" || exit 1
fi
exec "$program" "$@"

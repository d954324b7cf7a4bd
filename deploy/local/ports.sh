# Ports on loopback, for the scripts beside this file. Sourced, not run.

# Whether something listens on a port.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# So many different ports on which nothing listens: not among those that the tests give out.
free_ports() {
  local found=() port
  while [ ${#found[@]} -lt "$1" ]; do
    port=$((12000 + RANDOM % 8000))
    if ! answers "$port" && [[ " ${found[*]-} " != *" $port "* ]]; then found+=("$port"); fi
  done
  echo "${found[@]}"
}

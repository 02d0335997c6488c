# Each digest, and ciphers in each mode, of a text that is longer than any block.
seq 1 20000 >text
for digest in md5 sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 sha3-512 blake2s256 blake2b512 ripemd160 sm3; do
  printf '%s ' $digest
  openssl dgst -$digest -r text 2>/dev/null | cut -d' ' -f1 || echo none
done
openssl dgst -shake128 -xoflen 16 -r text | cut -d' ' -f1
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
iv=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
for cipher in aes-128-cbc:32 aes-192-ctr:48 aes-256-cbc:64 aes-256-ctr:64 aes-256-ecb:64 aes-128-ofb:32 aes-128-cfb:32 camellia-256-cbc:64 aria-128-ctr:32 chacha20:64 sm4-cbc:32; do
  name=${cipher%:*}
  with=(-$name -K ${key:0:${cipher#*:}})
  [[ $name == *ecb ]] || with+=(-iv $iv)
  openssl enc "${with[@]}" -in text -out sealed && sha256sum <sealed
  openssl enc -d "${with[@]}" -in sealed | cmp - text && echo "$name back"
done
openssl dgst -sha256 -hmac secret -r text | cut -d' ' -f1
openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:x -kdfopt salt:y -kdfopt iter:3000 PBKDF2
openssl prime -hex FFFFFFFFFFFFFFC5
printf 'exponents\n' >message
openssl genpkey -algorithm ED25519 -out key 2>/dev/null && openssl pkeyutl -sign -rawin -inkey key -in message -out signature &&
  openssl pkey -in key -pubout -out public && openssl pkeyutl -verify -rawin -pubin -inkey public -in message -sigfile signature
openssl ecparam -name prime256v1 -genkey -noout -out ec && openssl dgst -sha256 -sign ec -out signature text &&
  openssl dgst -sha256 -verify <(openssl ec -in ec -pubout 2>/dev/null) -signature signature text
openssl genrsa -out rsa 2048 2>/dev/null && openssl rsa -in rsa -check -noout

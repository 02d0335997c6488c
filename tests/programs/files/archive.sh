# GNU tar and gzip there and back.
mkdir -p tree/deep/er && cd tree || exit 1
for n in 1 2 3 4 5; do
  seq "$n" 3000 >"file $n"
done
ln -s "file 1" link
ln "file 2" hard
chmod 750 deep
head -c 100000 /dev/zero >deep/er/zeros
touch -d @1600000000 "file 1" deep/er
cd ..
tar -C tree --sort=name --mtime=@1600000000 --owner=0 --group=0 --numeric-owner --format=gnu -cf - . | gzip -9n >tree.tar.gz
gzip -l tree.tar.gz | awk '{ print $2 }'
gzip -tv tree.tar.gz 2>&1
zcat tree.tar.gz | sha256sum
mkdir back && tar -C back -xzf tree.tar.gz
diff -r tree back && echo same
tar -tzvf tree.tar.gz | awk '{ print $1, $3, $6, $7, $8, $9 }'
stat -c '%a %h %F' back/deep back/hard back/link
tar -C tree -cf plain.tar deep && tar -C tree -rf plain.tar "file 3" && tar -tf plain.tar
tar -xOf plain.tar "file 3" | tail -n 1
gzip -k1 plain.tar && gunzip -c plain.tar.gz | cmp - plain.tar && echo same

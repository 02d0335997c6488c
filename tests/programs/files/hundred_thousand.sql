-- A database of 100,000 rows with indexes, changed in transactions, and checked.
pragma journal_mode = wal;
create table item (id integer primary key, name text not null, weight real, parent integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
insert into item select i, printf('item %d of %x', i, i * 2654435761 % 65536), i / 7.0, i / 10 from n;
create index by_name on item(name);
create index by_parent on item(parent, weight);
select count(*), sum(id), round(sum(weight), 3), count(distinct parent) from item;
begin;
update item set weight = weight * 2 where id % 3 = 0;
delete from item where id % 11 = 0;
commit;
begin;
delete from item;
rollback;
select count(*), round(avg(weight), 6), max(length(name)) from item;
select parent, count(*), round(max(weight), 2) from item group by parent order by 2, 1 limit 5;
with recursive up(id, parent, depth) as (
  select id, parent, 0 from item where id = 98765
  union all
  select item.id, item.parent, depth + 1 from item join up on item.id = up.parent
)
select group_concat(id, ' < ') from up;
select count(*) from item where name like '%beef%' or name glob 'item 9?99 *';
create table copy as select * from item order by name desc;
select name from copy limit 2;
vacuum;
pragma integrity_check;

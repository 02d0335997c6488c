# Numbers in every form that Perl prints, integers at their limits, regular expressions, sorting and packing.
use strict;
use warnings;
use POSIX qw(floor ceil fmod strtol DBL_MAX DBL_MIN);

printf "%s %s %s\n", 1 / 3, 1e21, -0.0 * 1;
printf "%.17g %.17g %.17g\n", sqrt(2), exp(1), atan2(1, 1) * 4;
printf "%e %g %a\n", 12345.678, 0.00001234, 1.1;
print 2**53 + 1, " ", 18446744073709551615 + 0, " ", 18446744073709551615 + 1, " ", -9223372036854775808, "\n";
print 9223372036854775807 * 3, " ", int(-7.9), " ", -7 % 3, " ", 7 % -3, " ", fmod(-7, 3), "\n";
print floor(-2.5), ceil(-2.5), " ", DBL_MAX, " ", DBL_MIN, " ", 9**9**9, " ", -9**9**9, "\n";
print 0xFFFFFFFF << 4, " ", ~0, " ", ~0 >> 3, " ", 5 <=> 7, " ", "10" == 10.0, " ", "abc" x 3, "\n";
print join(",", map { sprintf "%.3f", sin($_) * cos($_) / (1 + $_) } 0 .. 12), "\n";
my ($sum, $product) = (0, 1);
for my $n (1 .. 50000) { $sum += 1 / $n / $n; $product *= 1 + 1 / $n**3 if $n < 300 }
printf "%.15g %.15g\n", $sum, $product;
my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 10007 } 1 .. 5000;
print "@sorted[0 .. 4] @sorted[-3 .. -1]\n";
my %count;
$count{ length $_ }++ for map { $_**3 } 1 .. 1000;
print join(" ", map { "$_:$count{$_}" } sort { $a <=> $b } keys %count), "\n";
my $text = join " ", map { chr(97 + $_ * 7 % 26) x (1 + $_ % 5) } 1 .. 200;
my @runs = $text =~ /\b((\w)\2{3,})\b/g;
print scalar(@runs), " ", ($text =~ tr/a-m//), " ", scalar reverse(substr $text, 0, 30), "\n";
print unpack("H*", pack("NnCdf<q>", 0xDEADBEEF, 513, 7, 2.5, -1.75, -2)), "\n";
print unpack("%32C*", $text), " ", (strtol("7fff", 16))[0], " ", oct("0b1011"), " ", hex("cafe"), "\n";
use integer;
print -7 / 2, " ", -7 % 3, " ", 2**10 / 3, "\n";
no integer;
srand 42;
print join(" ", map { int rand 1000 } 1 .. 8), "\n";
use bigint;
print 2**200, " ", 100->copy->bfac, "\n";
